// What bin/cweb-s3.mjs does, from the sources: the tests need no build.
import { run } from "../../src/main.ts";

process.exitCode = await run(process.argv.slice(2));
