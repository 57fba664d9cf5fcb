import type { Bindings } from "@ruststream/core/contract";
import type { JsonObject } from "./json.ts";
import type { ToJsonSchema } from "./wire_schema.ts";

/** The versions of AsyncAPI that a document can have. */
export const versions: readonly AsyncApiVersion[] = Object.freeze([
  "3.1.0",
  "3.0.0",
]);

/** A version of AsyncAPI that a document can have. */
export type AsyncApiVersion = "3.1.0" | "3.0.0";

/** Where there is more to read. */
export interface ExternalDocs {
  /** The address of it. */
  readonly url: string;
  /** What it is. Without it there is only the address. */
  readonly description?: string;
}

/** A word to find things by. */
export interface DocumentTag {
  /** The word. */
  readonly name: string;
  /** What it stands for. Without it the word is all. */
  readonly description?: string;
  /** Where there is more to read. Without it nowhere. */
  readonly externalDocs?: ExternalDocs;
}

/** What a document says of something beside what is declared. */
export interface Details {
  /** A short name. Without it there is none. */
  readonly title?: string;
  /** One sentence. Without it there is none. */
  readonly summary?: string;
  /** More than one, in Markdown. Without it there is none. */
  readonly description?: string;
  /** Words to find it by. By default there are none. */
  readonly tags?: readonly DocumentTag[];
  /** Where there is more to read. Without it nowhere. */
  readonly externalDocs?: ExternalDocs;
  /** Names of {@linkcode DocumentOptions.securitySchemes}; one of them must hold. By default nothing is said. */
  readonly security?: readonly string[];
}

/** What a document says of messages beside what their channel declares. */
export interface MessageDetails extends Omit<Details, "security"> {
  /** What protocols add, by their names. By default nothing. */
  readonly bindings?: Bindings;
}

/** What a document says of a channel beside what is declared. */
export interface ChannelDetails extends Omit<Details, "security"> {
  /** What protocols add, by their names. By default nothing. */
  readonly bindings?: Bindings;
  /** More of its messages. By default what the channel says of itself. */
  readonly message?: MessageDetails;
}

/** What a document says of a parameter of addresses. */
export interface ParameterDetails {
  /** What it is, in Markdown. Without it there is none. */
  readonly description?: string;
  /** All that it can be. By default anything that an address can hold. */
  readonly enum?: readonly string[];
  /** What it is where nobody says. Without it there is none. */
  readonly default?: string;
  /** What it may be. By default there are none. */
  readonly examples?: readonly string[];
}

/** Options for {@linkcode asyncApiDocument}: what a document says beside what the application declares. */
export interface DocumentOptions {
  /**
   * The version of AsyncAPI.
   *
   * @default {"3.1.0"}
   */
  readonly version?: AsyncApiVersion;
  /** What the application is told apart by in all the world, a URI. Without it there is none. */
  readonly id?: string;
  /** The address of the terms of use. Without it there is none. */
  readonly termsOfService?: string;
  /** Whom to ask. Without it nobody is named. */
  readonly contact?: {
    readonly name?: string;
    readonly url?: string;
    readonly email?: string;
  };
  /** What one may do with it. Without it nothing is said. */
  readonly license?: { readonly name: string; readonly url?: string };
  /** Words to find it by. By default there are none. */
  readonly tags?: readonly DocumentTag[];
  /** Where there is more to read. Without it nowhere. */
  readonly externalDocs?: ExternalDocs;
  /** More of servers, by the name of their broker. By default only what the brokers say. */
  readonly servers?: Readonly<Record<string, Details>>;
  /** More of subscribers, by their names. By default only what they declare. */
  readonly subscribers?: Readonly<Record<string, Details>>;
  /** More of channels, by their addresses as they are declared. By default only what they declare. */
  readonly channels?: Readonly<Record<string, ChannelDetails>>;
  /** More of parameters of addresses, by their names. By default only their names. */
  readonly parameters?: Readonly<Record<string, ParameterDetails>>;
  /** Security Scheme Objects as AsyncAPI writes them, by names of one's own. By default there are none. */
  readonly securitySchemes?: Readonly<Record<string, JsonObject>>;
  /** Names of subscribers that the document leaves out. By default it leaves out none. */
  readonly undocumented?: readonly string[];
  /** The header that all messages carry which come of one, in lower case: that of `correlate()`, where it is used. By default it is shown where a channel declares a header `correlation-id`. */
  readonly correlationHeader?: string;
  /** Asked first for the JSON Schema of a schema (draft-07, what goes in); undefined where it does not know. By default schemas are asked themselves, by Standard JSON Schema. */
  readonly jsonSchema?: ToJsonSchema;
}
