// One run over all packages and apps: the same test files in Node and in a real Chromium. `*.node.test.ts` run in Node only,
// `*.browser.test.ts` in Chromium only. The condition @cweb/source makes tests read src/, so that no build comes first.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const conditions = ["@cweb/source", "module", "development|production"];
const names = ["chromium", "chromium-browser", "google-chrome"];
const onPath = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
const chromium = process.env.CWEB_CHROMIUM ?? onPath.find((path) => existsSync(path));
if (!chromium && process.env.CI) throw new Error("CI must run the browser tests, and there is no Chromium: .ci/run installs it.");
if (!chromium) console.warn("notice: no Chromium found (CWEB_CHROMIUM names one): the browser tests are left out.");

// Without "module": Node itself loads dependencies, and what they offer bundlers under it (smithy's extensionless imports) it cannot.
const nodeConditions = ["node", ...conditions.filter((condition) => condition !== "module")];

const node: TestProjectConfiguration = {
  resolve: { conditions: nodeConditions },
  ssr: { resolve: { conditions: nodeConditions } },
  test: {
    name: "node",
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"],
    exclude: ["**/*.browser.test.ts", "**/node_modules/**"],
    // Slow machines and two busy cores: a test that hangs still ends, a test that works is not cut off.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
};

const browser: TestProjectConfiguration = {
  resolve: { conditions: ["browser", ...conditions] },
  test: {
    name: "browser",
    include: ["packages/*/test/**/*.test.ts"],
    exclude: ["**/*.node.test.ts", "**/node_modules/**"],
    globalSetup: ["./scripts/browser-store.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: "chromium" }],
      provider: playwright({
        launchOptions: {
          executablePath: chromium ?? "",
          chromiumSandbox: process.getuid?.() !== 0,
          args: [
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
          ],
        },
      }),
    },
  },
};

export default defineConfig({
  // For the browser's global setup, which runs in Node under these root settings.
  ssr: { resolve: { conditions: nodeConditions } },
  test: {
    // All cores: the tests with processes and disks of their own wait a good deal.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: chromium ? [node, browser] : [node],
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
});
