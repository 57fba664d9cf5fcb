import { simulationTests } from "../orders/shop_simulations.ts";
import { app } from "./app.ts";

simulationTests("on NATS in process", app, 30);
