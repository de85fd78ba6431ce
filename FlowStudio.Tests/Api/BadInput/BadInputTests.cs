using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api.BadInput;

/// <summary>
/// Every operation of the API's own description, of whatever dialect, with all that can be wrong about a call: it is refused in that dialect's shape, at once, and
/// what is refused has made nothing. New routes are found by themselves; one that can have a body needs a line in <see cref="Examples"/>.
/// </summary>
public class BadInputTests(BadInputTests.Server server) : IClassFixture<BadInputTests.Server>, IAsyncLifetime
{
    const int MostBytes = 2_000_000;
    const int Shown = 60;

    /// <summary>Names that anything may have: one that nothing has is no mistake.</summary>
    static readonly string[] Free = ["name", "rest", "ns", "session_id"];

    /// <summary>Of the parameters that a description may not list.</summary>
    static readonly string[] CommonQuery = ["limit", "offset", "page", "size", "cursor", "session_id", "flow_id", "job_id", "stream", "wait", "status", "action"];

    static readonly string[] WrongValues = ["x", "-1", "1e99", "%00", "%ED%A0%80", "%5B%7B", "99999999999999999999999", "2026-13-45T99:99:99Z"];

    static readonly (string What, byte[] Body)[] NoJson =
    [
        ("a million levels", Encoding.ASCII.GetBytes(new string('[', 1_000_000))),
        ("many levels of objects", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 300_000)))),
        ("NaN", "{\"a\":NaN}"u8.ToArray()),
        ("half a surrogate pair", "{\"a\":\"\\uD800\"}"u8.ToArray()),
        ("half a surrogate pair in a list", "[\"\\uDC00\"]"u8.ToArray()),
        ("a NUL in a text", "{\"a\":\"\0\"}"u8.ToArray()),
        ("a NUL", "\0"u8.ToArray()),
        ("a name twice", "{\"a\":1,\"a\":2}"u8.ToArray()),
        ("a name twice in a list", "[{\"a\":1,\"a\":2}]"u8.ToArray()),
        ("no UTF-8", [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]),
        ("no JSON", "not json"u8.ToArray()),
        ("two values", "{}{}"u8.ToArray()),
        ("a number without end", "1e400"u8.ToArray()),
    ];

    static readonly string[] OtherKinds = ["null", "-1.5e10", "true", "\"\\u0000 x\"", "[[{}]]", "{\"a\":[1]}"];

    readonly World world = new(server);
    readonly List<string> wrong = [];
    IReadOnlyList<Operation> operations = [];
    IReadOnlyDictionary<string, long>? counted;
    Operation? changed;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        operations = Operation.All(await server.GetJsonAsync("/openapi/v1.json"));
        await world.MakeAsync();
    }

    public ValueTask DisposeAsync()
    {
        world.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Every_operation_that_can_have_a_body_has_an_example_of_one()
    {
        var known = Examples.Bodies.Keys.Concat(Examples.WithoutBody).Concat(Examples.Forms).ToHashSet(StringComparer.Ordinal);
        operations.Where(o => o.MayHaveBody && !known.Contains(o.Name)).Select(o => $"{o.Name}: add a body that it takes to Examples, or say there that it has none.").ShouldBeEmpty();
        known.Except(operations.Select(o => o.Name), StringComparer.Ordinal).ShouldBeEmpty("these operations are gone");
        operations.Where(o => Examples.Bodies.ContainsKey(o.Name)).SelectMany(o => o.Parameters.Where(p => world.Known(o, p) is null).Select(p => $"{o.Name}: World does not know {{{p}}}."))
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task The_examples_are_taken()
    {
        foreach (var (operation, example) in Bodies())
        {
            await world.MakeAsync();
            var answer = await SendAsync(operation, Known, JsonBytes(example));
            // Assistants are flows: other ones are not made here.
            if (answer.Status >= 400 && !operation.Path.StartsWith("/assistants", StringComparison.Ordinal))
                wrong.Add($"{operation.Name} {answer.Words}");
        }
        Nothing();
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_is_refused()
    {
        foreach (var (operation, example) in Bodies())
        {
            var whole = JsonBytes(example);
            foreach (var (what, body) in NoJson.Append(("cut off", whole[..^1])).Append(("nothing but a comma more", [.. whole[..^1], (byte)',', whole[^1]])))
                await TryAsync(operation, what, () => SendAsync(operation, Known, body), refused: !example.AnyText);
        }
        Nothing();
    }

    [Fact]
    public async Task A_body_of_another_type_is_refused()
    {
        foreach (var (operation, example) in Bodies())
        {
            foreach (var type in new[] { "text/plain", "text/plain; format=json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "image/png" })
                await TryAsync(operation, type, () => SendAsync(operation, Known, JsonBytes(example), type), refused: !example.AnyText && !example.AnyType);
        }
        Nothing();
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        var large = new byte[MostBytes + 1];
        Array.Fill(large, (byte)' ');
        foreach (var (operation, example) in Bodies())
        {
            JsonBytes(example).CopyTo(large, 0);
            await TryAsync(operation, "too large", () => SendAsync(operation, Known, large), refused: true, HttpStatusCode.RequestEntityTooLarge);
        }
        foreach (var form in operations.Where(o => Examples.Forms.Contains(o.Name)))
            await TryAsync(form, "too large", () => SendAsync(form, Known, large, "multipart/form-data; boundary=x"), refused: true);
        Nothing();
    }

    [Fact]
    public async Task A_form_that_is_none_is_refused()
    {
        foreach (var form in operations.Where(o => Examples.Forms.Contains(o.Name)))
        {
            foreach (var type in new[] { "application/json", "multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + new string('x', 5000) })
            {
                foreach (var body in new[] { "", "{}", "--x", "--x\r\n\r\n--x--", "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nnot json\r\n--x--\r\n", "--x\r\n" + new string('a', 100_000) })
                    await TryAsync(form, $"{type[..Math.Min(type.Length, 40)]} {body[..Math.Min(body.Length, 20)]}", () => SendAsync(form, Known, Encoding.UTF8.GetBytes(body), type), refused: true);
            }
        }
        Nothing();
    }

    [Fact]
    public async Task A_body_of_another_kind_is_refused()
    {
        foreach (var (operation, example) in Bodies())
        {
            var list = example.Body.TrimStart().StartsWith('[');
            foreach (var body in new[] { "7", "\"x\"", "true", "1e300", list ? "{}" : "[]", list ? "{\"a\":1}" : "[{}]" })
                await TryAsync(operation, body, () => SendAsync(operation, Known, Encoding.UTF8.GetBytes(body)), refused: !example.AnyText && !example.AnyJson && !(example.OneOrMany && body == "[]"));
            foreach (var body in new[] { "null", "", " " })
                await TryAsync(operation, $"'{body}'", () => SendAsync(operation, Known, Encoding.UTF8.GetBytes(body)), refused: false);
        }
        Nothing();
    }

    [Fact]
    public async Task A_member_that_is_missing_or_of_another_kind_is_refused_or_does_no_harm()
    {
        foreach (var (operation, example) in Bodies().Where(b => !b.Example.AnyText))
        {
            if (JsonNode.Parse(example.Body) is not JsonObject members)
                continue;
            foreach (var (name, value) in members.ToList())
            {
                var needed = example.Required?.Contains(name) == true;
                await TryAsync(operation, $"without {name}", () => SendAsync(operation, Known, Mutant(example, body => body.Remove(name))), refused: needed);
                foreach (var other in OtherKinds)
                    await TryAsync(operation, $"{name}: {other}", () => SendAsync(operation, Known, Mutant(example, body => body[name] = JsonNode.Parse(other))), refused: IsWrong(example, name, value, other));
            }
        }
        Nothing();

        static bool IsWrong(Example example, string name, JsonNode? value, string other) =>
            example.Loose?.Contains(name) != true && value is not null && JsonNode.Parse(other) is { } kind && Kind(kind) != Kind(value);

        static JsonValueKind Kind(JsonNode value) => value.GetValueKind() is JsonValueKind.False ? JsonValueKind.True : value.GetValueKind();
    }

    [Fact]
    public async Task A_list_of_ten_thousand_is_taken_or_refused_whole()
    {
        foreach (var (operation, example) in Bodies())
        {
            if (JsonNode.Parse(example.Body) is not JsonObject members)
            {
                await TryAsync(operation, "ten thousand", () => SendAsync(operation, Known, Many(world.Fill(example.Body)[1..^1])), refused: false);
                continue;
            }
            await TryAsync(operation, "ten thousand bodies", () => SendAsync(operation, Known, Many(world.Fill(example.Body))), refused: !example.AnyText && !example.AnyJson && !example.OneOrMany);
            foreach (var (name, value) in members.Where(m => m.Value is JsonArray).ToList())
            {
                var item = value is JsonArray and [{ } first, ..] ? first.ToJsonString() : "0";
                await TryAsync(operation, $"ten thousand {name}", () => SendAsync(operation, Known, Mutant(example, body => body[name] = JsonNode.Parse(Many(item)))), refused: false);
            }
        }
        Nothing();
    }

    [Fact]
    public async Task What_an_address_names_and_is_not_there_is_refused()
    {
        foreach (var operation in operations)
        {
            foreach (var parameter in operation.Parameters)
            {
                foreach (var value in new[] { World.Nobody, "not-a-uuid", "a%00b", "%ED%A0%80", "00000000-0000-4000-8000-00000000000g", new string('a', 3000), "%2e%2e%2f%2e%2e" })
                {
                    // That makes it.
                    if (value == World.Nobody && operation.Name == "PUT /api/v1/flows/{flow_id}")
                        continue;
                    var body = Examples.Bodies.TryGetValue(operation.Name, out var example) ? JsonBytes(example) : null;
                    await TryAsync(operation, $"{parameter}={value[..Math.Min(value.Length, 40)]}", () => SendAsync(operation, (o, p) => p == parameter ? value : Known(o, p), body), refused: !Free.Contains(parameter));
                }
            }
        }
        Nothing();
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_have_is_refused()
    {
        HttpMethod[] methods = [HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete];
        foreach (var path in operations.GroupBy(o => o.Path, StringComparer.Ordinal))
        {
            foreach (var method in methods.Except(path.Select(o => o.Method)))
            {
                var operation = path.First() with { Method = method };
                // What is read there are pages.
                if (method == HttpMethod.Get && path.Key.StartsWith("/runs", StringComparison.Ordinal))
                    continue;
                await TryAsync(operation, "wrong method", () => SendAsync(operation, Known, method == HttpMethod.Get ? null : "{}"u8.ToArray()), refused: true);
            }
        }
        Nothing();
    }

    [Fact]
    public async Task A_query_or_a_header_of_nonsense_breaks_nothing()
    {
        foreach (var operation in operations.Where(o => o.Method == HttpMethod.Get))
        {
            foreach (var name in operation.Query.Union(CommonQuery, StringComparer.Ordinal))
            {
                foreach (var value in operation.Query.Contains(name, StringComparer.Ordinal) ? WrongValues : ["x"])
                    await TryAsync(operation, $"?{name}={value}", () => SendAsync(operation, Known, body: null, query: $"?{name}={value}"), refused: false);
            }
            foreach (var (name, value) in new[] { ("Last-Event-ID", "x"), ("If-None-Match", "\"x"), ("Accept", "x/y;q=z"), ("Range", "bytes=5-1") })
                await TryAsync(operation, name, () => SendAsync(operation, Known, body: null, header: (name, value)), refused: false);
        }
        foreach (var (operation, example) in Bodies())
        {
            foreach (var (name, value) in new[] { ("Idempotency-Key", new string('k', 5000)), ("If-Match", "nonsense"), ("Content-Encoding", "br"), ("Content-Encoding", "gzip"), ("X-Completion-Webhook", "ftp://x"), ("X-Session-Id", new string('s', 5000)) })
                await TryAsync(operation, $"{name}: {value[..Math.Min(10, value.Length)]}", () => SendAsync(operation, Known, JsonBytes(example), header: (name, value)), refused: false);
        }
        Nothing();
    }

    /// <summary>Makes a call and looks at what came of it.</summary>
    /// <param name="refused">Whether it must be; otherwise it must only not break.</param>
    async Task TryAsync(Operation operation, string what, Func<Task<Answer>> call, bool refused, HttpStatusCode? expected = null)
    {
        if (changed is not null && changed != operation)
        {
            // What it named may be gone, or other than it was.
            await world.MakeAsync();
            (changed, counted) = (null, null);
        }
        counted ??= world.Count();
        var answer = await call();
        var told = $"{operation.Name} [{what}]: {answer.Words}";
        if (answer.Status is < 200 or >= 500)
            wrong.Add(told);
        else if (answer.Status is < 400 && refused)
            wrong.Add($"{told}, but should be refused");
        else if (expected is { } status && answer.Status != (int)status)
            wrong.Add($"{told}, but should be {status}");
        if (answer.Status >= 400)
        {
            // An address with a NUL in it is refused before any dialect is asked.
            var noAddress = answer is { Status: 400, Text: "" } && what.Contains("%00", StringComparison.Ordinal);
            // RFC 9110 §9.3.2: an answer to HEAD has no body.
            var noBody = answer.Text.Length == 0 && operation.Name.StartsWith("HEAD ", StringComparison.Ordinal);
            if (answer.Status < 500 && !noAddress && !noBody && Dialect.Flaw(operation.Path, (HttpStatusCode)answer.Status, answer.Type, answer.Text) is { } flaw)
                wrong.Add($"{told} {flaw}");
            var now = world.Count();
            var grown = now.Where(t => counted[t.Key] != t.Value).Select(t => $"{t.Key} {counted[t.Key]} → {t.Value}").ToList();
            if (grown.Count > 0)
                wrong.Add($"{told} changed {string.Join(", ", grown)}");
            counted = now;
        }
        else
        {
            // There are addresses that start a run when they are only read.
            await world.SettleAsync();
            (changed, counted) = (operation.Method == HttpMethod.Get ? changed : operation, null);
        }
    }

    async Task<Answer> SendAsync(Operation operation, Func<Operation, string, string> value, byte[]? body, string type = "application/json", string query = "", (string Name, string Value)? header = null)
    {
        var path = operation.Address(p => value(operation, p));
        using var request = new HttpRequestMessage(operation.Method, path + query);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }
        if (header is { } h && !request.Headers.TryAddWithoutValidation(h.Name, h.Value))
            request.Content?.Headers.TryAddWithoutValidation(h.Name, h.Value);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var media = response.Content.Headers.ContentType?.MediaType;
            // A stream need not end.
            var text = media == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync(deadline.Token);
            return new((int)response.StatusCode, media, text);
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            return new(0, null, "no answer in 30 s");
        }
        catch (HttpRequestException e)
        {
            return new(0, null, e.Message);
        }
    }

    IEnumerable<(Operation Operation, Example Example)> Bodies() =>
        operations.Where(o => Examples.Bodies.ContainsKey(o.Name)).Select(o => (o, Examples.Bodies[o.Name]));

    string Known(Operation operation, string parameter) => world.Known(operation, parameter) ?? World.Nobody;

    byte[] JsonBytes(Example example) => Encoding.UTF8.GetBytes(world.Fill(example.Body));

    byte[] Mutant(Example example, Action<JsonObject> change)
    {
        var body = JsonNode.Parse(world.Fill(example.Body)).ShouldNotBeNull().AsObject();
        change(body);
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    static byte[] Many(string item) => Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(item, 10_000))}]");

    void Nothing() => wrong.Take(Shown).ShouldBeEmpty($"{wrong.Count} in all");

    /// <param name="Status">0: none.</param>
    sealed record Answer(int Status, string? Type, string Text)
    {
        public string Words => $"{Status} {Text[..Math.Min(Text.Length, 200)]}";
    }

    /// <summary>Takes bodies up to a size that is quickly sent.</summary>
    public sealed class Server() : StudioServer([$"--FlowStudio:Intake:MaxBodyBytes={MostBytes}"]);
}
