window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: "/openapi/v1.json",
    dom_id: "#docs",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    validatorUrl: null,
  });
});
