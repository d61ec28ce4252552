import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const conditions = ["@cweb/source", "module", "development|production"];
const names = ["chromium", "chromium-browser", "google-chrome"];
const onPath = (process.env.PATH ?? "").split(delimiter).flatMap((dir) => names.map((n) => join(dir, n)));
const chromium = process.env.CWEB_CHROMIUM ?? onPath.find((p) => existsSync(p));
if (!chromium && process.env.CI) throw new Error("CI must run the browser tests: no Chromium found");
if (!chromium) console.warn("No Chromium found (set CWEB_CHROMIUM): the browser tests are left out.");

const node: TestProjectConfiguration = {
  resolve: { conditions: ["node", ...conditions] },
  ssr: { resolve: { conditions: ["node", ...conditions] } },
  test: { name: "node", include: ["packages/*/test/**/*.test.ts"], exclude: ["**/*.browser.test.ts"] },
};
const browser: TestProjectConfiguration = {
  resolve: { conditions: ["browser", ...conditions] },
  test: {
    name: "browser",
    include: ["packages/*/test/**/*.test.ts"],
    exclude: ["**/*.node.test.ts"],
    benchmark: { include: [] },
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
  test: {
    projects: chromium ? [node, browser] : [node],
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
});
