using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

/// <summary>
/// Whatever stands in a component's settings and comes in at its ports, it gives a result or an error in words, soon. Every host name is loopback
/// here, where nobody answers.
/// </summary>
public class HostileValueTests
{
    const int Rounds = 120;

    static readonly ComponentCatalog Catalog = NodeTest.NewCatalog(http: new GuardedHttp(new EgressOptions { AllowLoopback = true }, TimeProvider.System, bins: null,
        resolve: static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        dial: static (_, _) => ValueTask.FromException<Stream>(new SocketException((int)SocketError.ConnectionRefused))));

    static readonly string[] Texts =
    [
        "", " ", "\0", "x", "0", "-1", "NaN", "Infinity", "1e400", "1e-400", "99999999999999999999999999999999", "١٢٣", "é😀\u202e\u0301", "\uffff", "\r\n\t",
        "{", "}", "{}", "{{", "{a", "{a.b[0].c}", "{a!}", "a[*].b", "[\"", "..", "..//..", "../../etc/passwd", "C:\\", "%", "%s%n", "%00", "a=b&c", "'", "\"", "<script>", "--", "; DROP",
        "^(a+)+$", "(", "\\", "http://", "http://[", "file:///etc/passwd", "/bin/x", "http://localhost:0/", "2025-02-30", "Mars/Olympus", "null", "[]", "[[[[", "{\"a\":{\"b\":[{\"c\":1}]}}",
        new string('x', 100_000), new string('{', 20_000), new string('(', 20_000), new string('[', 500) + new string(']', 500), string.Concat(Enumerable.Repeat("{a.b}", 2_000)),
        string.Concat(Enumerable.Repeat("😀", 5_000)), string.Concat(Enumerable.Repeat("\n", 20_000)), string.Concat(Enumerable.Repeat("1+", 3_000)),
    ];

    static readonly string[] Json =
    [
        "null", "true", "0", "-0", "1e308", "1e-320", "123456789012345678901234567890", "[]", "{}", "[null]", "[[],{}]", "{\"\":1}", "{\"text\":null}", "{\"text\":7,\"sender\":7}",
        "{\"text\":\"x\",\"sender\":\"\",\"sender_name\":5,\"session_id\":[]}", "{\"a\":{\"b\":[{\"c\":null}]}}", "[1,\"a\",{\"a\":1},[2],null,true]",
        "{\"key\":1,\"value\":2}", "[{\"key\":\"a\"},{\"key\":\"\",\"value\":{}}]", "[{\"key\":\"\\n:\",\"value\":\"\\r\\nx: y\"}]", "{\"variable\":\"NONE\"}", "{\"variable\":\"NONE\",\"format\":\"{value}\"}",
        string.Concat(Enumerable.Repeat("[", 63)) + string.Concat(Enumerable.Repeat("]", 63)), string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "1" + new string('}', 63),
        $"[{string.Join(',', Enumerable.Range(0, 3_000).Select(i => $"{{\"k{i}\":{i}}}"))}]", $"{{{string.Join(',', Enumerable.Range(0, 3_000).Select(i => $"\"k{i}\":\"v\""))}}}",
    ];

    public static TheoryData<string> Types => [.. Catalog.All.Select(d => d.Type)];

    [Theory, MemberData(nameof(Types))]
    public async Task A_result_or_an_error_in_words_whatever_comes(string type)
    {
        // The same cases each time, others for each component.
        var random = new Random(type.Sum(c => c));
        for (var round = 0; round < Rounds; round++)
        {
            var node = Node(type, random);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var started = Stopwatch.GetTimestamp();
            try
            {
                var result = await Task.Run(async () => await node.RunAsync(deadline.Token), TestContext.Current.CancellationToken);
                foreach (var output in result.Outputs)
                    JsonCheck.Problem(output.Value).ShouldBeNull($"{output.Port} of {Describe(node)}");
            }
            catch (NodeException e)
            {
                e.Error.Code.ShouldNotBeNullOrWhiteSpace();
                e.Error.Message.ShouldNotBeNullOrWhiteSpace();
                e.Error.Message.Length.ShouldBeLessThan(8_000, Describe(node));
            }
            catch (Exception e) when (e is not ShouldAssertException)
            {
                Assert.Fail($"{e.GetType().Name} after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s: {e.Message}\n{Describe(node)}\n{e.StackTrace}");
            }
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void Validation_tells_problems_and_never_throws(string type)
    {
        var random = new Random(type.Sum(c => c) + 1);
        for (var round = 0; round < Rounds; round++)
        {
            var node = Node(type, random).Node;
            var shape = Catalog.ShapeOf(node).ShouldNotBeNull();
            shape.FieldProblems.ShouldAllBe(p => p.NodeId == node.Id && p.Message.Length > 0 && p.Message.Length < 8_000);
            foreach (var path in Catalog.Find(type)?.ReadsPaths?.Invoke(node) ?? [])
                path.ShouldNotBeEmpty();
        }
    }

    static NodeTest Node(string type, Random random)
    {
        var node = new NodeTest(type, Catalog) { Connected = random.Next(3) == 0 ? null : [.. Catalog.Find(type).ShouldNotBeNull().Outputs.Where(_ => random.Next(2) == 0).Select(o => o.Name)] };
        node.Run = node.Run with { Input = Value(random), Trigger = (RunTrigger)random.Next(5) };
        node.Child = new ChildRun(node.Run.RunId, node.Run.FlowId, "Other", RunStatus.Succeeded, Value(random), Error: null);
        foreach (var field in node.Descriptor.Fields)
        {
            if (random.Next(4) > 0)
                node.Set(field.Name, Setting(field, random));
        }
        foreach (var input in Catalog.ShapeOf(node.Node).ShouldNotBeNull().Inputs)
        {
            // Models and tools are given by the runner, not by other nodes' values.
            if (input.Type is PortType.Model or PortType.Tool || random.Next(5) == 0)
                continue;
            node.In(input.Name, [.. Enumerable.Range(0, input.Many ? random.Next(1, 5) : 1).Select(_ => Value(random).GetRawText())]);
        }
        return node;
    }

    /// <summary>Mostly what passes the field's own check, and so reaches the component.</summary>
    static JsonElement Setting(Field field, Random random)
    {
        if (random.Next(10) == 0)
            return Value(random);
        return field.Kind switch
        {
            FieldKind.Choice => Element(field.Choices[random.Next(field.Choices.Count)]),
            FieldKind.Choices => JsonSerializer.SerializeToElement(field.Choices.Where(_ => random.Next(2) == 0).ToArray()),
            FieldKind.Switch => random.Next(2) == 0 ? JsonText.True : JsonText.False,
            FieldKind.Number or FieldKind.Integer => NodeTest.Json(random.Next(4) switch
            {
                0 => JsonSerializer.Serialize(field.Min ?? 0),
                1 => JsonSerializer.Serialize(field.Max ?? 1e6),
                2 => "1",
                _ => field.Kind is FieldKind.Integer ? "-1" : "0.5",
            }),
            FieldKind.KeyValues => NodeTest.Json($"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => $"{{\"key\":{Text(random).GetRawText()},\"value\":{(random.Next(2) == 0 ? Text(random).GetRawText() : Json[random.Next(20)])}}}"))}]"),
            FieldKind.Json => Value(random),
            _ => Text(random),
        };
    }

    static JsonElement Value(Random random) => random.Next(2) == 0 ? Text(random) : NodeTest.Json(Json[random.Next(Json.Length)]);

    static JsonElement Text(Random random) => Element(Texts[random.Next(Texts.Length)]);

    static JsonElement Element(string text) => JsonText.Element(text);

    static string Describe(NodeTest node) => string.Join('\n', node.Node.Settings.Select(s => $"{s.Key} = {Excerpt.Of(s.Value.GetRawText())}"));
}
