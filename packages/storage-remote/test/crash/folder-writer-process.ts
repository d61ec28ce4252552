// A process that is killed: writes one object over and over, each content all of one byte. Prints a dot for each that stands.
import { folderWriter } from "../../src/folder.ts";
import { toPath } from "../../src/path.ts";

const [directory = "", from = "0"] = process.argv.slice(2);
const writer = folderWriter(directory);
for (let count = Number(from); ; count++) {
  await writer.write(toPath("victim"), new Uint8Array(200_000).fill(count % 256));
  process.stdout.write(".");
}
