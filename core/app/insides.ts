import { foundText } from "../check_settings.ts";
import type { AppParts } from "./ground.ts";
import type { AddedBroker } from "./plan.ts";
import type { AppPlan } from "./planned.ts";

/** What an application was made of: what a test starts in its own way. */
export interface Insides {
  readonly parts: AppParts;
  readonly brokers: readonly AddedBroker[];
  /** Plans the application on these brokers. */
  plan(brokers: readonly AddedBroker[]): AppPlan;
}

// Beside each application, so that it shows in no type.
const looks = new WeakMap<object, () => Insides>();

/** Says how to look into an application. */
export function keepInsides(app: object, look: () => Insides): void {
  looks.set(app, look);
}

/**
 * Looks into an application.
 *
 * @throws {TypeError} If it is none.
 */
export function insidesOf(app: unknown): Insides {
  const look = looks.get(app as object);
  if (look !== undefined) return look();
  throw new TypeError(
    `Cannot look into ${foundText(app)}: expected an application`,
  );
}
