export type { Cancellable } from "./contact-book.ts";
export type { PeerContact } from "./contacts.ts";
export type { ObjectKind } from "./core/object-kinds.ts";
export type { RequestTotals } from "./core/records.ts";
export { type CreatedPeer, Peer, type Schedule } from "./peer.ts";
export { PeerError, type PeerErrorCode } from "./peer-error.ts";
export type {
  AlarmEvent,
  EventFile,
  MessageEvent,
  NoticeEvent,
  ObjectEvent,
  OutcomeEvent,
  PeerEvent,
  ProfileEvent,
  RoomEvent,
} from "./peer-event.ts";
export type {
  DownloadOptions,
  PeerFiles,
  ReceivedFile,
  SharedFile,
  ShareFileOptions,
  ShareFileResult,
} from "./peer-files.ts";
export type { CreateObjectOptions, ObjectValue, OwnObject, PeerObjects } from "./peer-objects.ts";
export type { CreatePeerOptions, PeerOptions } from "./peer-options.ts";
export type { OwnProfile, PeerProfile, ProfileOptions, SharedProfile } from "./peer-profile.ts";
export type { PeerRoom, PeerRooms, RoomMessage, RoomOptions, RoomSendResult } from "./peer-rooms.ts";
export type { ContactReport } from "./poller.ts";
export type { RoomsTurn } from "./room-turn.ts";
export type { FlushResult, PollOptions, PollReport } from "./round-runner.ts";
export type { Content, SendOptions, SendResult, SentMessage } from "./sender.ts";
export type { ContactStatus, PeerStatus, StandingAlarm } from "./status.ts";
