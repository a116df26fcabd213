// In the browser; SwaggerUIBundle comes from swagger-ui-bundle.js.
globalThis.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // Otherwise it would send the document's address to a server of Swagger's.
  validatorUrl: null,
});
