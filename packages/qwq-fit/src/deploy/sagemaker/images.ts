import { QwqError } from "@qwq-fit/schema";
import type { SagemakerContainer, SagemakerDeployment } from "@qwq-fit/schema";

/** Repository and tag of each container, and where they were read. None could be pulled: all are unverified. */
const IMAGES: Readonly<Record<SagemakerContainer, { name: string; source: string }>> = {
  vllm: {
    name: "vllm:server-sagemaker-cuda-v1",
    source: "aws.github.io/deep-learning-containers/vllm, 2026-04-25",
  },
  lmi: {
    name: "djl-inference:0.36.0-lmi25.0.0-cu130",
    source: "tags named in public repositories, 2026",
  },
  sglang: {
    name: "sglang:server-sagemaker-cuda-v1",
    source: "aws/deep-learning-containers docs/sglang; the tag family from public repositories",
  },
};

const ACCOUNT = "763104351884";
/** Regions in which AWS keeps these images in another account (aws/sagemaker-python-sdk image_uri_config). */
const ACCOUNTS: Readonly<Record<string, string>> = {
  "af-south-1": "626614931356",
  "ap-east-1": "871362719292",
  "ap-northeast-3": "364406365360",
  "ap-south-2": "772153158452",
  "ap-southeast-3": "907027046896",
  "ap-southeast-4": "457447274322",
  "ca-west-1": "204538143572",
  "cn-north-1": "727897471807",
  "cn-northwest-1": "727897471807",
  "eu-central-2": "380420809688",
  "eu-south-1": "692866216735",
  "eu-south-2": "503227376785",
  "il-central-1": "780543022126",
  "me-central-1": "914824155844",
  "me-south-1": "217643126080",
  "us-gov-west-1": "442386744353",
};

/** AWS's image for a container, in a region; unverified, since no registry can be asked here. */
export function defaultImage(
  container: SagemakerContainer,
  region: string,
): SagemakerDeployment["image"] {
  const { name, source } = IMAGES[container];
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const account = ACCOUNTS[region] ?? ACCOUNT;
  return { uri: `${account}.dkr.ecr.${region}.${suffix}/${name}`, unverified: true, source };
}

/**
 * The ECR repository of an image, all that the endpoint may pull.
 * @throws {QwqError} `invalid_value` for an image outside ECR: SageMaker takes no other.
 */
export function repositoryArn(image: string): string {
  const found =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9._/-]+)[:@]\S+$/u.exec(
      image,
    );
  if (found === null) {
    throw new QwqError("invalid_value", `${image} is no image in ECR`, {
      hint: "SageMaker takes images such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/name:tag.",
    });
  }
  const [, account = "", region = "", repository = ""] = found;
  const partition = region.startsWith("cn-")
    ? "aws-cn"
    : region.startsWith("us-gov-")
      ? "aws-us-gov"
      : "aws";
  return `arn:${partition}:ecr:${region}:${account}:repository/${repository}`;
}
