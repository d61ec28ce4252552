export { encodeObjectId, type ObjectId } from "./core/object-id.ts";
export {
  type EpochKey,
  objectPath,
  openSigned,
  recordHead,
  type SignedRecord,
  sealSigned,
  signRecord,
  verifyRecord,
} from "./core/sealed-object.ts";
export { type KeyMessage, keyMessageType } from "./wire/key-message.ts";
export { type ObjectRecord, objectRecord, recordKinds } from "./wire/object-record.ts";
