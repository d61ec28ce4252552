import type { CipherSuite } from "@cweb/crypto";
import { type CwebId, type Discovery, DiscoveryError, parseCard, safetyNumber } from "@cweb/discovery";
import type { Session } from "@cweb/session";
import type { BookEntry, Cancellable, ContactBook } from "./contact-book.ts";
import type { Outgoing } from "./outgoing.ts";
import { PeerError } from "./peer-error.ts";

/** A contact as applications see it. */
export interface PeerContact {
  readonly name: string;
  readonly id: CwebId;
  /** `pending`: its descriptor was not fetched yet. */
  readonly state: "known" | "pending";
  /** Whether the safety number was confirmed. */
  readonly verified: boolean;
}

export interface ContactsParts {
  readonly discovery: Discovery;
  readonly book: ContactBook;
  readonly outgoing: Outgoing;
  readonly crypto: CipherSuite;
  readonly session: (id: CwebId) => Session;
  /** Uploads what waits. */
  readonly publish: (cancel: Cancellable) => Promise<unknown>;
}

/** Adding, verifying and removing contacts: each step can be repeated, so that a kill between two leaves nothing that another try does not mend. */
export class Contacts {
  readonly #parts: ContactsParts;

  constructor(parts: ContactsParts) {
    this.#parts = parts;
  }

  async add(cardText: string, name: string, cancel: Cancellable): Promise<PeerContact & { readonly failure?: unknown }> {
    const { discovery, book, session: sessionOf, publish } = this.#parts;
    const card = parseCard(cardText);
    const free = await book.requireFree(name, card.id, cancel);
    const isNew = (await discovery.addContact(card, cancel)) === "added";
    await book.put(card.id, free, cancel);
    const session = sessionOf(card.id);
    if (isNew) await session.greet(cancel);
    const before = await discovery.contact(card.id, cancel);
    const failure = before?.pinned ? undefined : (await session.poll(cancel)).failure;
    // A contact that was removed once is greeted: its slot entry waits to be uploaded.
    if (isNew) await publish(cancel);
    return { ...(await this.#view(await book.find(free, cancel), cancel)), ...(failure === undefined ? {} : { failure }) };
  }

  /** A member of a room that must be written to: a contact that is called by its Id until somebody gives it a name. */
  async introduce(cardText: string, cancel: Cancellable): Promise<void> {
    const { discovery, book, session } = this.#parts;
    const card = parseCard(cardText);
    try {
      await discovery.addContact(card, cancel);
    } catch (error) {
      // It was known elsewhere before: what is for it waits until somebody adds it.
      if (error instanceof DiscoveryError) return;
      throw error;
    }
    await session(card.id).greet(cancel);
    if (!(await book.entry(card.id, cancel))) await book.put(card.id, card.id, cancel);
  }

  async list(cancel: Cancellable): Promise<readonly PeerContact[]> {
    const entries = await this.#parts.book.list(cancel);
    return Promise.all(entries.map((entry) => this.#view(entry, cancel)));
  }

  async get(name: string, cancel: Cancellable): Promise<PeerContact> {
    return this.#view(await this.#parts.book.find(name, cancel), cancel);
  }

  async remove(name: string, cancel: Cancellable): Promise<PeerContact> {
    const { discovery, book, outgoing, session, publish } = this.#parts;
    const entry = await book.find(name, cancel);
    const contact = await this.#view(entry, cancel);
    await session(entry.id).remove(cancel);
    // An earlier try may have died right behind this.
    if (await discovery.contact(entry.id, cancel)) await discovery.removeContact(entry.id, cancel);
    await outgoing.forgetContact(entry.id, cancel);
    await book.remove(entry.id, cancel);
    await publish(cancel);
    return contact;
  }

  async safetyNumber(name: string, cancel: Cancellable): Promise<string> {
    const { discovery, book, crypto } = this.#parts;
    const { id } = await book.find(name, cancel);
    const contact = await discovery.contact(id, cancel);
    if (!contact) throw new PeerError("unknown-contact", "This contact was being removed; remove it again to finish that.");
    return safetyNumber(discovery.identity.idBytes, contact.idBytes, crypto);
  }

  async verify(name: string, digits: string, cancel: Cancellable): Promise<void> {
    const { book } = this.#parts;
    const expected = await this.safetyNumber(name, cancel);
    if (expected.replaceAll(" ", "") !== digits.replaceAll(/[\s-]/g, "")) {
      throw new PeerError(
        "safety-number-differs",
        "This is not the safety number of this contact: somebody may stand between you. Nothing was changed.",
      );
    }
    await book.setVerified((await book.find(name, cancel)).id, cancel);
  }

  async #view({ name, id, verified }: BookEntry, cancel: Cancellable): Promise<PeerContact> {
    const contact = await this.#parts.discovery.contact(id, cancel);
    return { name, id, state: contact?.pinned ? "known" : "pending", verified };
  }
}
