import { planReverse } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD, QwqError } from "@qwq-fit/schema";
import type { FoundModel } from "../../model/read-model.ts";
import { cloudOffers } from "../../report/cloud-offers.ts";
import type { BuildContext } from "./build-nodes.ts";
import { parseOption, type ReplayOption } from "./parse-option.ts";

/** Reading speed and a little. */
const COMFORTABLE_TOKENS_PER_SECOND = 10;
const MACHINES = 3;

/**
 * What a search looks at where nothing is named: the cheapest machines of the catalogue that run the model comfortably and
 * have a price, and the cheapest cloud.
 *
 * @throws {QwqError} `does_not_fit`.
 */
export function choicesFor(
  { profile, entry }: FoundModel,
  build: Pick<BuildContext, "catalog" | "planOptions">,
): ReplayOption[] {
  const { catalog, planOptions } = build;
  const machines = planReverse(
    profile,
    COMFORTABLE_TOKENS_PER_SECOND,
    catalog,
    DEFAULT_WORKLOAD,
    planOptions,
  )
    .filter(({ priceUsd }) => priceUsd !== null)
    .slice(0, MACHINES)
    .map(({ hardware }) => hardware);
  const [offer] = cloudOffers(profile, entry, DEFAULT_WORKLOAD, catalog.tokenPrices);
  const clouds = offer === undefined ? [] : [`cloud:${offer.provider}`];
  if (machines.length + clouds.length === 0) {
    throw new QwqError(
      "does_not_fit",
      `no machine and no cloud with a price runs ${profile.name}`,
      {
        hint: "Name what to search with --on.",
      },
    );
  }
  return [...machines, ...clouds].map(parseOption);
}
