/** A queue's URL, made from its ARN: an SQS event names its queue by ARN, the SQS API takes URLs. */
import { quote, UserError } from "../../vocabulary/errors.ts";

/**
 * `arn:PARTITION:sqs:REGION:ACCOUNT:NAME` → `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME` (AWS General Reference, "Amazon
 * SQS endpoints and quotas"). With `endpoint` (AWS_ENDPOINT_URL_SQS, for SQS-compatible services) its origin takes the host's place.
 */
export function queueUrlOfArn(arn: string, endpoint?: string): string {
  const [scheme, partition, service, region, account, name, ...rest] = arn.split(":");
  if (scheme !== "arn" || service !== "sqs" || !partition || !region || !account || !name || rest.length > 0) {
    throw new UserError(
      "InvalidArn",
      `The queue ${quote(arn)} is not named by an ARN like arn:aws:sqs:REGION:ACCOUNT:NAME.`,
    );
  }
  // The embedded queue has a region of its own, and no host.
  if (region === "memory") return `memory:${name}`;
  return `${originOf(partition, region, endpoint)}/${account}/${name}`;
}

/** The URL of the queue called `name` in the account and region of the function with this ARN. */
export function queueUrlBesideFunction(functionArn: string, name: string, endpoint?: string): string {
  const [scheme, partition, service, region, account] = functionArn.split(":");
  if (scheme !== "arn" || service !== "lambda" || !partition || !region || !account) {
    throw new UserError(
      "InvalidArn",
      `The queue ${quote(name)} can't be found beside the function ${quote(functionArn)}; give its whole URL, as sqs:https://….`,
    );
  }
  return `${originOf(partition, region, endpoint)}/${account}/${name}`;
}

function originOf(partition: string, region: string, endpoint: string | undefined): string {
  if (endpoint !== undefined && endpoint !== "") return endpoint.replace(/\/+$/, "");
  return `https://sqs.${region}.${partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"}`;
}
