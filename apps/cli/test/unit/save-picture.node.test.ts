import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Picture } from "@cweb/identity-profile";
import { expect, test } from "vitest";
import { savePicture } from "../../src/commands/profile.ts";
import { scratch } from "../support/cli.ts";

const picture: Picture = { mime: "image/gif", bytes: new TextEncoder().encode("GIF89a") };

test("a picture is written whole or not at all, and over nothing", async () => {
  const path = join(scratch(), "ada.gif");
  // Stands for a disk that fills up: what cannot be written at all.
  const broken = { ...picture, bytes: 5 as unknown as Uint8Array };
  await expect(savePicture(path, broken)).rejects.toMatchObject({ code: "target-failed" });
  expect(existsSync(path)).toBe(false);
  await savePicture(path, picture);
  expect(readFileSync(path, "utf8")).toBe("GIF89a");
  writeFileSync(path, "mine");
  await expect(savePicture(path, picture)).rejects.toMatchObject({ code: "target-exists" });
  await expect(savePicture(join(path, "x"), picture)).rejects.toMatchObject({ code: "target-failed" });
  expect(readFileSync(path, "utf8")).toBe("mine");
  await expect(savePicture(path, undefined)).rejects.toMatchObject({ code: "no-picture" });
});
