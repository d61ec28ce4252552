import type { FlushReport } from "@cweb/mailbox";
import type { Cancellable } from "./contact-book.ts";
import type { Layers } from "./layers.ts";

/** What upper layers have to do before an upload, and after it. */
export interface Upper {
  maintain(cancel: Cancellable): Promise<void>;
  /** Answers whether there is more to upload now. */
  noteFlush(report: FlushReport, cancel: Cancellable): Promise<boolean>;
}

export function upperOf(layers: Layers): Upper {
  const { objects, rooms } = layers;
  return {
    async maintain(cancel) {
      try {
        await objects.maintain(cancel);
      } finally {
        // The damage of one keeps nothing of the other from its readers.
        await layers.establish(await rooms.maintain(cancel), cancel);
      }
    },
    async noteFlush(report, cancel) {
      await objects.noteFlush(report, cancel);
      const contacts = await rooms.noteFlush(report, cancel);
      await layers.establish(contacts, cancel);
      return contacts.length > 0;
    },
  };
}
