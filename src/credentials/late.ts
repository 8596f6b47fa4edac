/** Credentials whose origin is opened, and its code read, when they are first asked for. */
import type { CredentialsProvider } from "./credentials.ts";

/** @param open is called again where it rejected */
export function lateCredentials(open: () => Promise<CredentialsProvider>): CredentialsProvider {
  let opened: CredentialsProvider | undefined;
  let opening: Promise<CredentialsProvider> | undefined;
  const ready = (): Promise<CredentialsProvider> => {
    opening ??= open().then(
      (provider) => {
        opened = provider;
        return provider;
      },
      (thrown) => {
        opening = undefined;
        throw thrown;
      },
    );
    return opening;
  };
  return {
    get: (now) => (opened === undefined ? ready().then((provider) => provider.get(now)) : opened.get(now)),
    refresh: async () => (await ready()).refresh?.(),
    told: () => opened?.told?.(),
  };
}
