import { networkConfigFor, type Addressed } from "../../../capacity/addresses";
import type { KnownInterface } from "../../../capacity/network";
import { hasUnknown } from "../../../schema/table/unknown";
import { isPlain, type Plain } from "../../engine/state";

/** What a guest with cloud-init is told of its addresses, where the constraints of its interfaces say any and the program nothing. */
export function withAddresses(news: Plain, devices: readonly Pick<KnownInterface, "subnets">[]): Plain {
  const { cloudInit, interfaces } = news;
  if (!isPlain(cloudInit) || cloudInit["networkConfig"] !== undefined) return news;
  if (!Array.isArray(interfaces) || hasUnknown(interfaces)) return news;
  const networkConfig = networkConfigFor(interfaces as Addressed[], devices);
  return networkConfig === undefined ? news : { ...news, cloudInit: { ...cloudInit, networkConfig } };
}
