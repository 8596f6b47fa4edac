/** Where a server that this process starts is reached: one that listens on every address of the machine has no single one that can be dialled. */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

export type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, "address" | "internal">[] | undefined>
>;

export interface ReachedAt {
  /** On this machine. */
  readonly here: string;
  /** From elsewhere; none where it is the same. */
  readonly elsewhere: readonly string[];
}

const everywhere = /\/\/(?:0\.0\.0\.0|\[::\]|\[0:0:0:0:0:0:0:0\])(?=[:/]|$)/;

/** @param url of any scheme: `sqs:http://0.0.0.0:9324/…` too */
export function reachedAt(url: string, interfaces: Interfaces = networkInterfaces()): ReachedAt {
  const all = everywhere.exec(url)?.[0];
  if (all === undefined) return { here: url, elsewhere: [] };
  const addresses = Object.values(interfaces).flatMap((those) => those ?? []);
  const elsewhere = addresses
    // What is of one link alone needs that link's name, and other machines have another.
    .filter(({ address, internal }) => !internal && !/^fe[89ab]/i.test(address))
    // All of IPv6 takes IPv4 too; not the other way round.
    .filter(({ address }) => all.includes(":", 2) || !address.includes(":"));
  const dialled = (address: string) => url.replace(everywhere, `//${address.includes(":") ? `[${address}]` : address}`);
  return { here: dialled("127.0.0.1"), elsewhere: [...new Set(elsewhere.map(({ address }) => dialled(address)))] };
}

/** `http://127.0.0.1:9000, from elsewhere http://10.0.0.5:9000` */
export function reachedText(url: string, interfaces?: Interfaces): string {
  const { here, elsewhere } = reachedAt(url, interfaces);
  return elsewhere.length === 0 ? here : `${here}, from elsewhere ${elsewhere.join(" or ")}`;
}
