import type { Transaction } from "@cweb/mailbox";
import { type ContactKey, Draft, type StepTools } from "./draft.ts";
import type { SessionOptions } from "./options.ts";
import { adoptIncarnation } from "./step/establish.ts";

/** Runs steps on one contact's records, each in one mailbox transaction. */
export class StepRunner {
  readonly contact: ContactKey;
  readonly options: SessionOptions;
  readonly #tools: StepTools;
  /** Records that a step looks at. */
  readonly reads: readonly string[];

  constructor(contact: ContactKey, options: SessionOptions) {
    this.contact = contact;
    this.options = options;
    const { crypto, discovery, broadcast, kinds } = options;
    this.#tools = { crypto, discovery, broadcast, kinds };
    this.reads = [...Draft.reads(contact.id), ...broadcast.reads(contact.id), discovery.contactRecord(contact.id)];
  }

  step<T>(run: (draft: Draft) => T, signal?: AbortSignal): Promise<T> {
    return this.options.mailbox.transact(
      { read: this.reads },
      (tx: Transaction) =>
        this.within(tx, (draft) => {
          adoptIncarnation(draft);
          return run(draft);
        }),
      signal ? { signal } : {},
    );
  }

  /** Runs as a part of another step. A new incarnation is not adopted there: that may end the session, which layers are told of. */
  within<T>(tx: Transaction, run: (draft: Draft) => T): T {
    const draft = new Draft(tx, this.#tools, this.contact);
    const result = run(draft);
    draft.save();
    return result;
  }
}
