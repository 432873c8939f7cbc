"use strict";

// A file rather than an inline script, because the Content-Security-Policy takes scripts from our own address only.
const docs = document.getElementById("docs");

SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayOperationId: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const ours = new URL(request.url, document.baseURI).origin === location.origin;
    if (ours && !["GET", undefined].includes(request.method)) {
      request.headers["X-CSRFToken"] = docs.dataset.csrf;
    }
    return request;
  },
});
