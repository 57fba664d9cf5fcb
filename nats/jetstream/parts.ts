/**
 * What else of this module stands on JetStream builds on: one place, so that the files themselves stay private.
 *
 * @module
 */
export {
  apiErrors,
  faultOf,
  isElecting,
  isFault,
  notStored,
  orNone,
  parseAnswer,
} from "./_api.ts";
export type { StreamHolds } from "./_api.ts";
export type { Api } from "./_api.ts";
export { isPassing } from "./_backoff.ts";
export { checkName, ensureStream } from "./_ensure.ts";
export { type Field, type Fields, nanos, type Wire, write } from "./_fields.ts";
export { Hub } from "./_hub.ts";
export type { Opened } from "./_hub.ts";
export { type Letter, optionFields, writeLetter } from "./_letter.ts";
export { idHeader } from "./_message.ts";
export { namesBehind, removeStream } from "./_named_streams.ts";
export { ReadDelivery, type ReadingOwner } from "./_ordered_delivery.ts";
export { OrderedReader, type OrderedReaderOptions } from "./_ordered_reader.ts";
export type { Origin } from "./_origin.ts";
export { StreamPublisher } from "./_publisher.ts";
export type { ReadingStart } from "./_reading_start.ts";
export { openReading, readingGuarantees, StreamReading } from "./_reading.ts";
export { type StoredMessage, storedMessage } from "./_stored_message.ts";
export { streamed } from "./_streamed.ts";
export { streamFields } from "./_stream_fields.ts";
