import type { Wire } from "./settings.ts";

/** What a consumer is set to, as the server tells it. */
export interface ConsumerConfig extends Wire {
  readonly name: string;
  readonly durable_name?: string;
  readonly deliver_policy: string;
  readonly opt_start_seq?: number;
  readonly opt_start_time?: string;
  readonly ack_policy: "none" | "all" | "explicit";
  readonly ack_wait?: number;
  readonly backoff?: readonly number[];
  readonly max_deliver: number;
  readonly max_ack_pending?: number;
  readonly max_waiting: number;
  readonly filter_subject?: string;
  readonly filter_subjects?: readonly string[];
  readonly headers_only?: boolean;
  readonly max_batch?: number;
  readonly max_expires?: number;
  readonly max_bytes?: number;
  readonly inactive_threshold?: number;
  readonly mem_storage?: boolean;
  readonly pause_until?: string;
  readonly priority_policy?: string;
  readonly priority_groups?: readonly string[];
  readonly priority_timeout?: number;
}

/** What a consumer reads of its stream; without one, all of it. */
export function filtersOf(
  { filter_subject, filter_subjects }: ConsumerConfig,
): readonly string[] {
  return filter_subject ? [filter_subject] : filter_subjects ?? [];
}
