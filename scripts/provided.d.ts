// What the browser's tests get by inject(): see browser-store.ts.
import "vitest";

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface StoreMailbox {
  readonly bucket: string;
  readonly write: Credentials;
  readonly read: Credentials;
}

interface Store {
  readonly url: string;
  readonly mailboxes: readonly [StoreMailbox, StoreMailbox];
}

declare module "vitest" {
  interface ProvidedContext {
    readonly store: Store;
  }
}
