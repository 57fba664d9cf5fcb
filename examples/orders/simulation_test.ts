import { app } from "./app.ts";
import { simulationTests } from "./shop_simulations.ts";

simulationTests("in memory", app, 100);
