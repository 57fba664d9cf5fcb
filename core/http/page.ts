import type { Awaitable } from "../contract/awaitable.ts";

/** What is known of one look at a page. */
export interface PageVisit {
  /** The address of the page, as it was asked for. */
  readonly url: URL;
  /** The `Accept` header of who asks; undefined where there was none. */
  readonly accept: string | undefined;
  /** Which of the page's {@linkcode Page.types} is wanted; undefined where the page declares none. */
  readonly type: string | undefined;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
}

/** A page, ready to be sent. */
export interface PageContent {
  /** The text. */
  readonly body: string;
  /** The value for the `Content-Type` header. */
  readonly contentType: string;
  /** The value for the `Content-Security-Policy` header. By default nothing may be loaded, run or framed. */
  readonly contentSecurityPolicy?: string | undefined;
  /**
   * Who may keep it: nobody; or anyone who asks each time whether it is still the same, which is answered by an `ETag` of the text.
   *
   * @default {"no-store"}
   */
  readonly cache?: "no-store" | "revalidate" | undefined;
}

/** Something to look at, which a module gives to the control plane. It only reads. */
export interface Page {
  /** The media types that it comes in, the preferred one first; who accepts none of them is answered with 406. Without it the page looks at {@linkcode PageVisit.accept} by itself, and is never refused. */
  readonly types?: readonly string[];
  /** Makes it. What it throws is told to the application's log and to nobody else. */
  page(visit: PageVisit): Awaitable<PageContent>;
}

/** Pages by their paths: `{ "/metrics": counted }`. */
export type Pages = Readonly<Record<string, Page>>;
