import type { RouterExtension } from "../extension.ts";
import { openApiDocument } from "./document.ts";

/** `GET /openapi.json`: what this router offers, for generators of clients. Holds nothing that is secret. */
export const openApiExtension: RouterExtension = {
  name: "openapi",
  routes: (app) => {
    app.get("/openapi.json", (c) => {
      const routes = app.routes.filter(({ method }) => method !== "ALL");
      return c.json(openApiDocument(routes, new URL(c.req.url).origin), 200, {
        "cache-control": "public, max-age=300",
      });
    });
  },
};
