import type { Transaction } from "@cweb/mailbox";
import { type ContactKey, Draft, type StepTools } from "./draft.ts";
import type { SessionOptions } from "./options.ts";
import { adoptIncarnation } from "./step/establish.ts";

/** Runs steps on one contact's records, each in one mailbox transaction. */
export class StepRunner {
  readonly contact: ContactKey;
  readonly options: SessionOptions;
  readonly #tools: StepTools;
  readonly #reads: readonly string[];

  constructor(contact: ContactKey, options: SessionOptions) {
    this.contact = contact;
    this.options = options;
    const { crypto, discovery, broadcast, kinds } = options;
    this.#tools = { crypto, discovery, broadcast, kinds };
    this.#reads = [...Draft.reads(contact.id), ...broadcast.reads(contact.id), discovery.contactRecord(contact.id)];
  }

  step<T>(run: (draft: Draft) => T, signal?: AbortSignal): Promise<T> {
    return this.options.mailbox.transact(
      { read: this.#reads },
      (tx: Transaction) => {
        const draft = new Draft(tx, this.#tools, this.contact);
        adoptIncarnation(draft);
        const result = run(draft);
        draft.save();
        return result;
      },
      signal ? { signal } : {},
    );
  }
}
