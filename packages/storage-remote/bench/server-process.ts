// The server of a benchmark, in a process of its own so that its CPU is not counted. Prints one line of JSON: owner and peer.
import { startFixture } from "../test/s3-fixture.ts";

const { owner, peer } = await startFixture();
process.stdout.write(`${JSON.stringify({ owner, peer })}\n`);
process.stdin.resume().on("end", () => process.exit());
