import { Refusal } from "./refusal.ts";
import { encodeXml, type XmlElement } from "./xml.ts";

export interface CorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** What every browser may do where the server was started with `cors: "any"`: nothing works without a signature anyway. */
export const permissiveRule: CorsRule = {
  origins: ["*"],
  methods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
  allowedHeaders: ["*"],
  exposedHeaders: ["ETag", "Content-Range", "Date", "x-amz-request-id"],
  maxAgeSeconds: 86_400,
};

/** Reads a CORSConfiguration. @throws Refusal `MalformedXML` without 1 to 100 rules, each with an origin and a known method. */
export function decodeCors(document: XmlElement): readonly CorsRule[] {
  const rules = document.children("CORSRule").map(decodeRule);
  if (rules.length === 0 || rules.length > 100) throw new Refusal("MalformedXML");
  return rules;
}

function decodeRule(element: XmlElement): CorsRule {
  const texts = (name: string): string[] => element.children(name).map((child) => child.ownText() ?? "");
  const rule = {
    origins: texts("AllowedOrigin"),
    methods: texts("AllowedMethod"),
    allowedHeaders: texts("AllowedHeader"),
    exposedHeaders: texts("ExposeHeader"),
  };
  const oneLine = [...rule.origins, ...rule.allowedHeaders, ...rule.exposedHeaders].every((text) => /^[\x21-\x7e]{1,256}$/.test(text));
  const known = rule.methods.every((method) => permissiveRule.methods.includes(method));
  if (!oneLine || !known || rule.origins.length === 0 || rule.methods.length === 0) throw new Refusal("MalformedXML");
  const age = element.text("MaxAgeSeconds");
  if (age !== undefined && !/^\d{1,9}$/.test(age)) throw new Refusal("MalformedXML");
  return age === undefined ? rule : { ...rule, maxAgeSeconds: Number(age) };
}

export function encodeCors(rules: readonly CorsRule[]): string {
  const CORSRule = rules.map((rule) => ({
    AllowedOrigin: rule.origins,
    AllowedMethod: rule.methods,
    AllowedHeader: rule.allowedHeaders,
    ExposeHeader: rule.exposedHeaders,
    MaxAgeSeconds: rule.maxAgeSeconds,
  }));
  return encodeXml("CORSConfiguration", { CORSRule });
}

/** The headers of an answer to a request from `origin`; none where no rule fits. */
export function corsHeaders(rules: readonly CorsRule[], origin: string, method: string): Record<string, string> {
  const rule = rules.find((r) => r.methods.includes(method) && r.origins.some((pattern) => fits(pattern, origin)));
  if (!rule) return {};
  const headers = originHeaders(rule, origin);
  if (rule.exposedHeaders.length > 0) headers["access-control-expose-headers"] = rule.exposedHeaders.join(", ");
  return headers;
}

/** The headers of the answer to a preflight; undefined where it is refused. */
export function preflightHeaders(
  rules: readonly CorsRule[],
  origin: string,
  method: string,
  requested: readonly string[],
): Record<string, string> | undefined {
  const allowsAll = (r: CorsRule): boolean => requested.every((h) => r.allowedHeaders.some((p) => fits(p.toLowerCase(), h.toLowerCase())));
  const rule = rules.find((r) => r.methods.includes(method) && r.origins.some((p) => fits(p, origin)) && allowsAll(r));
  if (!rule) return undefined;
  const headers = originHeaders(rule, origin);
  headers["access-control-allow-methods"] = rule.methods.join(", ");
  if (requested.length > 0) headers["access-control-allow-headers"] = requested.join(", ");
  if (rule.maxAgeSeconds !== undefined) headers["access-control-max-age"] = String(rule.maxAgeSeconds);
  return headers;
}

function originHeaders(rule: CorsRule, origin: string): Record<string, string> {
  if (rule.origins.includes("*")) return { "access-control-allow-origin": "*" };
  return { "access-control-allow-origin": origin, vary: "Origin" };
}

/** S3 allows one `*` in a pattern. */
function fits(pattern: string, text: string): boolean {
  const [head = "", tail] = pattern.split("*", 2);
  if (tail === undefined) return pattern === text;
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}
