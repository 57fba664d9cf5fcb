import type { Check } from "./check.ts";
import { checks as batchesBatches } from "./checks/batches/batches.ts";
import { checks as bodiesBytes } from "./checks/bodies/bytes.ts";
import { checks as credentialsNeverShown } from "./checks/credentials/never_shown.ts";
import { checks as cutAfterwards } from "./checks/cut/afterwards.ts";
import { checks as cutComingBack } from "./checks/cut/coming_back.ts";
import { checks as cutPending } from "./checks/cut/pending.ts";
import { checks as eventsTold } from "./checks/events/told.ts";
import { checks as groupsSharing } from "./checks/groups/sharing.ts";
import { checks as guaranteesDeclared } from "./checks/guarantees/declared.ts";
import { checks as guaranteesPersistence } from "./checks/guarantees/persistence.ts";
import { checks as headersFields } from "./checks/headers/fields.ts";
import { checks as keptLooking } from "./checks/kept/looking.ts";
import { checks as keptRemoving } from "./checks/kept/removing.ts";
import { checks as ladderAfterShutdown } from "./checks/ladder/after_shutdown.ts";
import { checks as ladderConnecting } from "./checks/ladder/connecting.ts";
import { checks as ladderShutdownFlushes } from "./checks/ladder/shutdown_flushes.ts";
import { checks as ladderStates } from "./checks/ladder/states.ts";
import { checks as limitsOverloaded } from "./checks/limits/overloaded.ts";
import { checks as orderOrder } from "./checks/order/order.ts";
import { checks as pausePause } from "./checks/pause/pause.ts";
import { checks as publishAddresses } from "./checks/publish/addresses.ts";
import { checks as publishConfirming } from "./checks/publish/confirming.ts";
import { checks as publishPublishedAt } from "./checks/publish/published_at.ts";
import { checks as publishPublishing } from "./checks/publish/publishing.ts";
import { checks as publishRestart } from "./checks/publish/restart.ts";
import { checks as requestsAborted } from "./checks/requests/aborted.ts";
import { checks as requestsMany } from "./checks/requests/many.ts";
import { checks as requestsRequests } from "./checks/requests/requests.ts";
import { checks as schedulesSchedules } from "./checks/schedules/schedules.ts";
import { checks as seekMoving } from "./checks/seek/moving.ts";
import { checks as seekSeek } from "./checks/seek/seek.ts";
import { checks as settleAfterEnd } from "./checks/settle/after_end.ts";
import { checks as settleClaim } from "./checks/settle/claim.ts";
import { checks as settleConsume } from "./checks/settle/consume.ts";
import { checks as settleRetry } from "./checks/settle/retry.ts";
import { checks as settleThrows } from "./checks/settle/throws.ts";
import { checks as settleUnsettled } from "./checks/settle/unsettled.ts";
import { checks as signalsListeners } from "./checks/signals/listeners.ts";
import { checks as signalsMidway } from "./checks/signals/midway.ts";
import { checks as signalsSignals } from "./checks/signals/signals.ts";
import { checks as signalsSubscribed } from "./checks/signals/subscribed.ts";
import { checks as subscriptionCancelling } from "./checks/subscription/cancelling.ts";
import { checks as subscriptionReading } from "./checks/subscription/reading.ts";
import { checks as subscriptionUnsupported } from "./checks/subscription/unsupported.ts";
import { checks as transactionsAborted } from "./checks/transactions/aborted.ts";
import { checks as transactionsEnds } from "./checks/transactions/ends.ts";
import { checks as transactionsTransactions } from "./checks/transactions/transactions.ts";

/** Every check, in the order they run. */
export const allChecks: readonly Check[] = Object.freeze([
  ...ladderAfterShutdown,
  ...ladderConnecting,
  ...ladderShutdownFlushes,
  ...ladderStates,
  ...guaranteesDeclared,
  ...guaranteesPersistence,
  ...publishPublishing,
  ...publishConfirming,
  ...publishPublishedAt,
  ...publishAddresses,
  ...publishRestart,
  ...headersFields,
  ...bodiesBytes,
  ...orderOrder,
  ...subscriptionCancelling,
  ...subscriptionReading,
  ...subscriptionUnsupported,
  ...groupsSharing,
  ...settleAfterEnd,
  ...settleClaim,
  ...settleConsume,
  ...settleRetry,
  ...settleThrows,
  ...settleUnsettled,
  ...batchesBatches,
  ...requestsMany,
  ...requestsRequests,
  ...requestsAborted,
  ...transactionsTransactions,
  ...transactionsEnds,
  ...transactionsAborted,
  ...seekSeek,
  ...seekMoving,
  ...keptLooking,
  ...keptRemoving,
  ...pausePause,
  ...schedulesSchedules,
  ...signalsSignals,
  ...signalsMidway,
  ...signalsListeners,
  ...signalsSubscribed,
  ...limitsOverloaded,
  ...credentialsNeverShown,
  ...eventsTold,
  ...cutPending,
  ...cutAfterwards,
  ...cutComingBack,
]);
