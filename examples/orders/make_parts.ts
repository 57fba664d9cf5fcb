import { catalogue } from "./catalogue.ts";
import type { Currency, Order } from "./channels.ts";
import type { SeededRandom } from "./make_random.ts";

type Customer = Order["customer"];

const firstNames =
  "Ana,Björn,Chloé,Dáithí,Eszter,Fatma,Gülşen,Håkon,Igor,Jürgen,Kateřina,Łukasz,María José,Nguyễn,Øyvind,Priya,Quentin,Renée,Søren,Tomáš,Ulla,Věra,Władysław,Xiomara,Yūko,Željko,李,محمد,Ольга,Σοφία"
    .split(",");
const lastNames =
  "Åkesson,Brown,Çelik,Dvořák,d’Angelo,Eriksson,Fernández,García-Núñez,Hansen,Iyer,Jönsson,Kowalska,Lefèvre,Müller,Nagy,O'Brien,Papadopoulos,Quispe,Rossi,Sørensen,Tanaka,Ünal,Vân,Weiß,王,Петрова"
    .split(",");
const mailHosts = ["example.com", "example.org", "mail.example.net"];
const notes = [
  "Please ring twice",
  'It says "FRAGILE" on the box – and it is',
  "Un cadeau 🎁 pour Maman, merci d’avance !",
  "Second floor\nat the back\n(not the café)",
  "Бережно, пожалуйста",
  "C:\\deliveries\\door\tnext to the bins",
  "Happy birthday, 家族 👨‍👩‍👧!",
  "<b>no plastic</b> & no tape; it's 100% enough",
];
/** What a euro is, at the shop's own rates. */
const rates: Readonly<Record<Currency, number>> = {
  EUR: 1,
  GBP: 0.86,
  SEK: 11.15,
  PLN: 4.27,
};
const offsets = [0, 60, 120];
const plenty = catalogue.filter(({ pieces }) => pieces > 1_000);

/** So many customers, each with a mail address of their own. */
export function makeCustomers(
  rng: SeededRandom,
  count: number,
): readonly Customer[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${rng.pick(firstNames)} ${rng.pick(lastNames)}`;
    return {
      name,
      email: `customer.${index + 1}@${rng.pick(mailHosts)}`,
    };
  });
}

/** What somebody buys: one to four products, and now and then many of one. */
export function makeItems(
  rng: SeededRandom,
): Pick<Order, "currency" | "items"> {
  const currency = rng.pick<Currency>([
    "EUR",
    "EUR",
    "EUR",
    "GBP",
    "SEK",
    "PLN",
  ]);
  const items = Array.from({ length: rng.count(4) }, () => {
    const { sku, price } = rng.pick(plenty);
    return {
      sku,
      quantity: rng.chance(0.05) ? 6 * rng.count(4) : rng.count(3),
      unitPrice: Math.round(price * rates[currency] * 100) / 100,
    };
  });
  return { currency, items };
}

/** When it was ordered, in the customer's own time zone. */
export function makeDate(rng: SeededRandom, atMs: number): string {
  const offset = rng.pick(offsets);
  const local = new Date(atMs + offset * 60_000).toISOString().slice(0, 19);
  return offset === 0 ? `${local}Z` : `${local}+0${offset / 60}:00`;
}

/** Nothing, mostly. */
export function makeNote(rng: SeededRandom): Partial<Pick<Order, "note">> {
  return rng.chance(0.3) ? { note: rng.pick(notes) } : {};
}
