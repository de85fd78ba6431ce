using FlowStudio.Engine.Callbacks;

namespace FlowStudio.Web.Api.Docs;

/// <summary>Completion webhooks: asked for, received, and sent again.</summary>
public static partial class Snippets
{
    static string Completion(WebhookCall call, SnippetMode mode, SnippetLanguage language) => mode switch
    {
        SnippetMode.Notify => Notify(call, language),
        SnippetMode.Receive => Receive(call, language),
        _ => Redeliver(call, language),
    };

    static string Notify(WebhookCall call, SnippetLanguage language) => language switch
    {
        SnippetLanguage.Python => $"""
            {PythonImports(call, "requests")}

            {ApiComment("#", call)}{PythonPost(call.RunsUrl, PythonKey(call), call.NotifyBody, timeout: 30)}
            response.raise_for_status()
            print(response.json()["id"])
            """,
        SnippetLanguage.JavaScript => $$"""
            {{ApiComment("//", call)}}{{JavaScriptPost(call.RunsUrl, JavaScriptKey(call), call.NotifyBody)}}
            const { id } = await response.json();
            console.log(id);
            """,
        SnippetLanguage.CSharp => $"""
            {CSharpUsings}

            {ApiComment("//", call)}{CSharpPost(call.RunsUrl, CSharpKey(call), call.NotifyBody)}
            var run = {CSharpAnswer};
            Console.WriteLine(run["id"]);
            """,
        _ => ApiComment("#", call) + Post(call.RunsUrl, ApiHeaders(call), Shell(call.NotifyBody), silent: false),
    };

    static string Receive(WebhookCall call, SnippetLanguage language) => language switch
    {
        SnippetLanguage.JavaScript => $$"""
            // npm install standardwebhooks
            import { createServer } from "node:http";
            import { Webhook } from "standardwebhooks";

            const webhook = new Webhook({{JsonOf(call.ReceiverSecret)}});

            createServer(async (request, response) => {
              let body = "";
              for await (const text of request.setEncoding("utf8")) body += text;
              let message;
              try {
                message = webhook.verify(body, request.headers);
              } catch (error) {
                response.writeHead(401).end(error.message);
                return;
              }
              console.log(message.type, message.run_id, message.output);
              response.writeHead(204).end();
            }).listen({{call.ReceiverPort}});
            """,
        SnippetLanguage.CSharp => $$"""
            #:sdk Microsoft.NET.Sdk.Web
            #:property PublishAot=false
            using System.Security.Cryptography;
            using System.Text;
            using System.Text.Json.Nodes;

            var key = Convert.FromBase64String({{JsonOf(call.ReceiverSecret)}}["{{WebhookSignature.SecretPrefix}}".Length..]);
            var app = WebApplication.Create();

            app.MapPost({{JsonOf(call.ReceiverPath)}}, async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                var headers = context.Request.Headers;
                string? id = headers["webhook-id"], timestamp = headers["webhook-timestamp"];
                byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body.ToArray()];
                var expected = Encoding.UTF8.GetBytes($"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}");
                var signatures = $"{headers["webhook-signature"]}".Split(' ').Select(Encoding.UTF8.GetBytes);
                var fresh = long.TryParse(timestamp, out var sent) && Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - sent) < 300;
                if (!fresh || !signatures.Any(given => CryptographicOperations.FixedTimeEquals(given, expected)))
                {
                    context.Response.StatusCode = 401;
                    return;
                }
                var message = JsonNode.Parse(body.ToArray())!;
                Console.WriteLine($"{message["type"]} {message["run_id"]} {message["output"]}");
                context.Response.StatusCode = 204;
            });
            app.Run("http://*:{{call.ReceiverPort}}");
            """,
        _ => $$"""
            import base64
            import hashlib
            import hmac
            import json
            import time
            from http.server import BaseHTTPRequestHandler, HTTPServer

            KEY = base64.b64decode({{SnippetLiteral.PythonText(call.ReceiverSecret)}}[len("{{WebhookSignature.SecretPrefix}}"):])


            def is_genuine(headers, body):
                message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
                if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
                    return False
                signature = hmac.new(KEY, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
                expected = b"v1," + base64.b64encode(signature)
                signatures = headers.get("webhook-signature", "").split()
                return any(hmac.compare_digest(expected, given.encode()) for given in signatures)


            class Receiver(BaseHTTPRequestHandler):
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    if is_genuine(self.headers, body):
                        message = json.loads(body)
                        print(message["type"], message["run_id"], message["output"], flush=True)
                        self.send_response(204)
                    else:
                        self.send_response(401)
                    self.end_headers()


            HTTPServer(("", {{call.ReceiverPort}}), Receiver).serve_forever()
            """,
    };

    static string Redeliver(WebhookCall call, SnippetLanguage language) => language switch
    {
        SnippetLanguage.Python => $$"""
            {{PythonImports(call, "requests")}}

            {{ApiComment("#", call)}}{{(call.AsksForKey ? $"headers = {{{PythonKey(call)}}}\n" : "")}}response = requests.get({{SnippetLiteral.PythonText(call.DeliveriesUrl)}}, {{PythonHeaders(call)}}timeout=30)
            response.raise_for_status()
            deliveries = response.json()["items"]
            for delivery in deliveries:
                print(delivery["created_at"], delivery["status"], delivery["url"])

            if deliveries:
                again = {{SnippetLiteral.PythonText(call.Under("v1/deliveries/"))}} + deliveries[0]["id"] + "/redeliver"
                response = requests.post(again, {{PythonHeaders(call)}}timeout=30)
                response.raise_for_status()
                print("sent again:", response.json()["id"])
            """,
        SnippetLanguage.JavaScript => $$"""
            {{ApiComment("//", call)}}{{(call.AsksForKey ? $"const headers = {{ {JavaScriptKey(call)} }};\n" : "")}}const response = await fetch({{JsonOf(call.DeliveriesUrl)}}{{(call.AsksForKey ? ", { headers }" : "")}});
            if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
            const { items } = await response.json();
            for (const delivery of items) console.log(delivery.created_at, delivery.status, delivery.url);

            if (items.length > 0) {
              const again = await fetch(`{{call.Under("v1/deliveries/")}}${items[0].id}/redeliver`, { method: "POST"{{(call.AsksForKey ? ", headers" : "")}} });
              if (!again.ok) throw new Error(`${again.status}: ${await again.text()}`);
              console.log("sent again:", (await again.json()).id);
            }
            """,
        SnippetLanguage.CSharp => $$"""
            using System.Text.Json.Nodes;

            {{ApiComment("//", call)}}using var client = new HttpClient();
            {{CSharpKey(call)}}var deliveries = JsonNode.Parse(await client.GetStringAsync({{JsonOf(call.DeliveriesUrl)}}))!["items"]!.AsArray();
            foreach (var delivery in deliveries)
                Console.WriteLine($"{delivery!["created_at"]} {delivery["status"]} {delivery["url"]}");

            if (deliveries is [{ } newest, ..])
            {
                using var again = await client.PostAsync($"{{call.Under("v1/deliveries/")}}{newest["id"]}/redeliver", content: null);
                again.EnsureSuccessStatusCode();
                Console.WriteLine($"sent again: {newest["id"]}");
            }
            """,
        _ => $$"""
            {{ApiComment("#", call)}}deliveries=$(curl -sS "{{call.DeliveriesUrl}}"{{KeyOption(call)}})
            printf '%s\n' "$deliveries"
            id=$(printf '%s' "$deliveries" | sed -n 's/^{"items":\[{"id":"\([^"]*\)".*/\1/p')
            [ -z "$id" ] || curl -sS -X POST "{{call.Under("v1/deliveries/$id/redeliver")}}"{{KeyOption(call)}}
            """,
    };

    static string KeyOption(WebhookCall call) => call.AsksForKey ? $" -H {KeyHeader}" : "";

    static string PythonHeaders(WebhookCall call) => call.AsksForKey ? "headers=headers, " : "";
}
