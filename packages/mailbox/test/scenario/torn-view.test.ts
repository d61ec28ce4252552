import type { LocalStore } from "@cweb/storage-local";
import { describe, expect, test } from "vitest";
import type { Mailbox } from "../../src/index.ts";
import { bytesOf, newHome, path, textOf } from "../support/home.ts";

/** Runs `meanwhile` once, between the load of a step's records and that of its objects' records. */
function interrupted(local: LocalStore, meanwhile: () => Promise<void>): LocalStore {
  let loads = 0;
  return {
    load: async (names, options) => {
      if (++loads === 2) await meanwhile();
      return local.load(names, options);
    },
    scan: (prefix, options) => local.scan(prefix, options),
    commit: (batch, options) => local.commit(batch, options),
    close: () => local.close(),
  };
}

/** As a chain of messages: the next number says under which path the next object stands. */
function append(mailbox: Mailbox, text: string): Promise<number> {
  return mailbox.transact({ read: ["chain"] }, (tx) => {
    const next = Number(textOf(tx.get("chain")) ?? "0");
    tx.put("chain", bytesOf(String(next + 1)));
    tx.publish(path(`message-${next}`), bytesOf(text));
    return next;
  });
}

describe("another process commits while a step loads", () => {
  test("a step that saw only half of that commit runs again", async () => {
    const home = newHome();
    const other = home.open();
    const local = interrupted(home.store.open(), async () => expect(await append(other, "theirs")).toBe(0));
    expect(await append(home.open({ local }), "mine")).toBe(1);
  });

  test("what is wrong whoever else commits is still refused", async () => {
    const home = newHome();
    const mailbox = home.open();
    await mailbox.transact({}, (tx) => tx.publish(path("fixed"), bytesOf("one")));
    await expect(mailbox.transact({}, (tx) => tx.publish(path("fixed"), bytesOf("two")))).rejects.toMatchObject({ code: "path-in-use" });
  });
});
