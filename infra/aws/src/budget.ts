import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import type { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { EndpointConditions, EndpointParameters } from "./endpoint-parameters.ts";

/**
 * A monthly budget over all of SageMaker in the account: tags would need to be activated for billing by hand first. It
 * tells; it stops nothing.
 */
export function makeBudget(
  scope: Construct,
  parameters: EndpointParameters,
  conditions: EndpointConditions,
  topic: Topic,
): void {
  const tell = (
    notificationType: "ACTUAL" | "FORECASTED",
    threshold: number,
  ): CfnBudget.NotificationWithSubscribersProperty => ({
    notification: {
      notificationType,
      threshold,
      thresholdType: "PERCENTAGE",
      comparisonOperator: "GREATER_THAN",
    },
    subscribers: [{ subscriptionType: "SNS", address: topic.topicArn }],
  });
  const budget = new CfnBudget(scope, "Budget", {
    budget: {
      budgetName: parameters.name,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      budgetLimit: { amount: parameters.budgetUsd.valueAsNumber, unit: "USD" },
      costFilters: { Service: ["Amazon SageMaker"] },
    },
    notificationsWithSubscribers: [tell("ACTUAL", 80), tell("FORECASTED", 100)],
  });
  budget.cfnOptions.condition = conditions.budget;
}
