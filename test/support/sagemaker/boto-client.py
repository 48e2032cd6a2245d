# Asks the server of the tests by boto3, a client that shares nothing with it: prints what it saw as JSON.
import base64, json, sys, urllib.request, boto3, botocore
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

url, key, secret = sys.argv[1:4]
seen = {"version": boto3.__version__}


def client(secret):
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def body(**more):
    return json.dumps({"messages": [], "stream": True, **more}).encode()


def call(name, work):
    try:
        seen[name] = work()
    except EventStreamError as error:
        seen[name] = {"stream_error": error.response["Error"]}
    except ClientError as error:
        response = error.response
        seen[name] = {
            "error": response["Error"]["Code"],
            "status": response["ResponseMetadata"]["HTTPStatusCode"],
            "original": response.get("OriginalStatusCode"),
        }
    except botocore.exceptions.BotoCoreError as error:
        seen[name] = {"fault": type(error).__name__}
    except Exception as error:
        seen[name] = {"fault": type(error).__name__, "why": str(error)[:100]}


def stream(endpoint, runtime):
    answer = runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=body(), ContentType="application/json"
    )
    text = b""
    for event in answer["Body"]:
        text += event["PayloadPart"]["Bytes"]
    return text.decode()


def whole(endpoint, runtime, **more):
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint, Body=body(stream=False), ContentType="application/json", **more
    )
    return answer["Body"].read().decode()


def native(secret):
    request = AWSRequest("POST", "https://sagemaker.amazonaws.com/?Action=CallWithBearerToken")
    keys = botocore.credentials.Credentials(key, secret)
    SigV4QueryAuth(keys, "sagemaker", "us-east-1", expires=60).add_auth(request)
    signed = (request.url.removeprefix("https://") + "&Version=1").encode()
    token = "sagemaker-api-key-" + base64.b64encode(signed).decode()
    path = url + "/endpoints/good/openai/v1/chat/completions"
    headers = {"content-type": "application/json", "authorization": "Bearer " + token}
    try:
        with urllib.request.urlopen(urllib.request.Request(path, body(), headers)) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code


right = client(secret)
call("native", lambda: native(secret))
call("native_wrong_key", lambda: native("wrong"))
call("whole", lambda: whole("good", right, InferenceComponentName="part", TargetVariant="blue"))
call("stream", lambda: stream("good", right))
call("wrong_key", lambda: whole("good", client("wrong")))
for endpoint in sys.argv[4:]:
    call(endpoint, lambda: stream(endpoint, right))
print(json.dumps(seen))
