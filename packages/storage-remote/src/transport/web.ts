import type { Fetch } from "../fetch.ts";

/** The platform's own `fetch`, looked up at each request: programs may replace it. */
export const platformFetch: Fetch = (url, request) => globalThis.fetch(url, request);
