namespace FlowStudio.Web.Api.Docs;

/// <summary>Answers to what a waiting run asks.</summary>
public static partial class Snippets
{
    static string Answered(WebhookCall call, SnippetLanguage language) => language switch
    {
        SnippetLanguage.Python => $$"""
            {{PythonImports(call, "requests")}}

            {{ApiComment("#", call)}}{{(call.AsksForKey ? $"headers = {{{PythonKey(call)}}}\n" : "")}}response = requests.get({{SnippetLiteral.PythonText(call.QuestionsUrl)}}, {{PythonHeaders(call)}}timeout=30)
            response.raise_for_status()
            questions = response.json()["items"]
            for question in questions:
                print(question["asked_at"], question["question"]["text"])

            if questions:
                response = requests.post(
                    {{SnippetLiteral.PythonText(call.Under("v1/runs/"))}} + questions[0]["run_id"] + "/answer",
                    {{(call.AsksForKey ? "headers=headers,\n        " : "")}}json={
                        "answer": {{SnippetLiteral.Python(call.Reply, indent: 12)}},
                        "question_id": questions[0]["id"],
                        "answered_by": "Ada",
                    },
                    timeout=30,
                )
                response.raise_for_status()
                print("the run goes on:", response.json()["id"])
            """,
        SnippetLanguage.JavaScript => $$"""
            {{ApiComment("//", call)}}const headers = { "Content-Type": "application/json"{{(call.AsksForKey ? $", {JavaScriptKeyHeader}" : "")}} };
            const response = await fetch({{JsonOf(call.QuestionsUrl)}}, { headers });
            if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
            const { items } = await response.json();
            for (const { asked_at, question } of items) console.log(asked_at, question.text);

            if (items.length > 0) {
              const [{ id, run_id }] = items;
              const answered = await fetch(`{{call.Under("v1/runs/")}}${run_id}/answer`, {
                method: "POST",
                headers,
                body: JSON.stringify({
                  answer: {{SnippetLiteral.Json(call.Reply, indent: 6)}},
                  question_id: id,
                  answered_by: "Ada",
                }),
              });
              if (!answered.ok) throw new Error(`${answered.status}: ${await answered.text()}`);
              console.log("the run goes on:", run_id);
            }
            """,
        SnippetLanguage.CSharp => $$$""""
            {{{CSharpUsings}}}

            {{{ApiComment("//", call)}}}using var client = new HttpClient();
            {{{CSharpKey(call)}}}var questions = JsonNode.Parse(await client.GetStringAsync({{{JsonOf(call.QuestionsUrl)}}}))!["items"]!.AsArray();
            foreach (var question in questions)
                Console.WriteLine($"{question!["asked_at"]} {question["question"]!["text"]}");

            if (questions is [{ } newest, ..])
            {
                var json = $$"""
                    {
                      "answer": {{{SnippetLiteral.Json(call.Reply, indent: 10)}}},
                      "question_id": "{{newest["id"]}}",
                      "answered_by": "Ada"
                    }
                    """;
                using var answered = await client.PostAsync($"{{{call.Under("v1/runs/")}}}{newest["run_id"]}/answer", new StringContent(json, Encoding.UTF8, "application/json"));
                answered.EnsureSuccessStatusCode();
                Console.WriteLine($"the run goes on: {newest["run_id"]}");
            }
            """",
        _ => $$"""
            {{ApiComment("#", call)}}questions=$(curl -sS "{{call.QuestionsUrl}}"{{KeyOption(call)}})
            printf '%s\n' "$questions"
            run_id=$(printf '%s' "$questions" | sed -n 's/^{"items":\[{"id":"[^"]*","run_id":"\([^"]*\)".*/\1/p')
            [ -z "$run_id" ] || {{Post(call.Under("v1/runs/$run_id/answer"), ApiHeaders(call), Shell($"{{\"answer\": {call.Reply}, \"answered_by\": \"Ada\"}}"), silent: true)}}
            """,
    };
}
