import { Refusal } from "../core/refusal.ts";
import { allows } from "../core/rights.ts";
import { checkKey } from "../core/target.ts";
import { decodeXml, encodeXml, type XmlElement, type XmlValue } from "../core/xml.ts";
import { demand, demandExisting, type Exchange, type Reply, receiveXml, xmlReply } from "../exchange.ts";

const maxKeys = 1000;
const conditions: readonly string[] = ["if-match", "x-amz-if-match-last-modified-time", "x-amz-if-match-size"];

/** Succeeds also where nothing is stored. @throws Refusal `NotImplemented` for a condition: to ignore it would delete too much. */
export async function deleteObject(exchange: Exchange): Promise<Reply> {
  demand(exchange, "delete");
  if (conditions.some((name) => exchange.headers[name] !== undefined)) throw new Refusal("NotImplemented");
  await demandExisting(exchange);
  await exchange.services.objects.remove(exchange.target.bucket, exchange.target.key);
  return { status: 204 };
}

/** Up to 1000 names in one request; each is judged by itself. */
export async function deleteObjects(exchange: Exchange): Promise<Reply> {
  // Who may delete nothing here is let go before two megabytes of XML are read for it: get-only keys are handed to strangers.
  const mayDelete = exchange.grants.some(
    ({ bucket, rights }) => rights.includes("delete") && [exchange.target.bucket, "*"].includes(bucket),
  );
  if (!mayDelete) throw new Refusal("AccessDenied");
  await demandExisting(exchange);
  const document = decodeXml(await receiveXml(exchange), "Delete");
  const wanted = document.children("Object").map(wantedOf);
  if (wanted.length === 0 || wanted.length > maxKeys) throw new Refusal("MalformedXML");
  const isQuiet = document.text("Quiet")?.trim() === "true";
  const Deleted: XmlValue[] = [];
  const errors: XmlValue[] = [];
  for (const { key, isPlain } of wanted) {
    const refused = !allows(exchange.grants, "delete", exchange.target.bucket, key)
      ? "AccessDenied"
      : isPlain
        ? undefined
        : "NotImplemented";
    if (refused === undefined) {
      await exchange.services.objects.remove(exchange.target.bucket, key);
      if (!isQuiet) Deleted.push({ Key: key });
    } else errors.push({ Key: key, Code: refused, Message: new Refusal(refused).message });
  }
  return xmlReply(encodeXml("DeleteResult", { Deleted, Error: errors }));
}

interface Wanted {
  readonly key: string;
  /** Neither a version nor a condition is named, which this server would have to ignore. */
  readonly isPlain: boolean;
}

function wantedOf(element: XmlElement): Wanted {
  const key = element.text("Key");
  if (key === undefined || key === "") throw new Refusal("MalformedXML");
  checkKey(key);
  return { key, isPlain: ["VersionId", "ETag", "LastModifiedTime", "Size"].every((name) => element.children(name).length === 0) };
}
