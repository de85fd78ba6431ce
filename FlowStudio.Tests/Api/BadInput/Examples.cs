namespace FlowStudio.Tests.Api.BadInput;

/// <summary>A body that an operation takes. What begins with a dollar sign is filled in from the <see cref="World"/>.</summary>
/// <param name="Body">JSON.</param>
/// <param name="Required">Members without which it is refused.</param>
/// <param name="Loose">Members that may be any JSON, or of which this dialect overlooks what does not fit, as the server that it speaks like does.</param>
/// <param name="AnyText">Whether it takes whatever comes.</param>
/// <param name="AnyJson">Whether it takes any JSON.</param>
/// <param name="AnyType">Whether the content type does not matter.</param>
/// <param name="OneOrMany">Whether it also takes a list of such bodies, an empty one too.</param>
sealed record Example(string Body, string[]? Required = null, string[]? Loose = null, bool AnyText = false, bool AnyJson = false, bool AnyType = false,
    bool OneOrMany = false);

/// <summary>
/// For each operation that can have a body: one that it takes, or that it has none. A new route belongs here, else the test says so.
/// </summary>
static class Examples
{
    const string Document = """{"schema":1,"nodes":[{"id":"in","type":"Webhook"}],"edges":[]}""";

    /// <summary>Operations that take no body, though their methods could.</summary>
    public static IReadOnlySet<string> WithoutBody { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "PATCH /api/v1/monitor/messages/session/{session_id}",
        "POST /threads/{thread}/copy",
        "POST /threads/{thread}/runs/{run}/cancel",
        "POST /v1/runs/{id}/cancel",
        "POST /v1/flows/{id}/undelete",
        "POST /v1/flows/{id}/versions/{number}/restore",
        "POST /v1/flows/{id}/validate",
        "POST /v1/flows/{id}/webhook-token",
        "POST /v1/flows/{id}/webhook-signing-secret",
        "POST /v1/flows/{id}/completion-webhook/secret",
        "POST /v1/schedules/{id}/pause",
        "POST /v1/schedules/{id}/resume",
        "POST /v1/schedules/{id}/run",
        "POST /v1/deliveries/{id}/redeliver",
    };

    /// <summary>Forms with a file in them: what is wrong with those is wrong in other ways.</summary>
    public static IReadOnlySet<string> Forms { get; } = new HashSet<string>(StringComparer.Ordinal) { "POST /v1/files", "POST /api/v1/flows/upload", "POST /api/v1/projects/upload", "POST /api/v1/folders/upload" };

    static readonly Example GraphRun = new(
        """
        {"assistant_id":"$flow","input":{"a":1},"metadata":{"m":1},"config":{"tags":[]},"stream_mode":["values"],"on_disconnect":"continue","on_completion":"keep",
         "multitask_strategy":"enqueue","if_not_exists":"create","after_seconds":0,"webhook":null,"checkpoint_id":null}
        """, Required: ["assistant_id"], Loose: ["input"]);

    /// <summary>On a thread that must be there.</summary>
    static readonly Example ThreadRun = GraphRun with { Body = GraphRun.Body.Replace("\"create\"", "\"reject\"", StringComparison.Ordinal) };

    static readonly Example GraphCron = new(
        """{"assistant_id":"$flow","schedule":"0 0 1 1 *","timezone":"UTC","end_time":null,"enabled":false,"on_run_completed":"keep","input":{"a":1},"metadata":{}}""",
        Required: ["assistant_id", "schedule"], Loose: ["input"]);

    static readonly Example GraphCronSearch = new("""{"assistant_id":"$flow","thread_id":null,"limit":5,"offset":0,"sort_by":"created_at","sort_order":"asc"}""");

    static readonly Example Assistant = new("""{"graph_id":"$flow","name":"Other","description":"d","metadata":{},"config":{},"context":{},"if_exists":"raise"}""");

    static readonly Example AssistantSearch = new("""{"graph_id":"$flow","metadata":{},"limit":5,"offset":0,"sort_by":"name","sort_order":"asc"}""");

    static readonly Example ThreadSearch = new("""{"metadata":{},"values":{},"ids":["$thread"],"status":"idle","limit":5,"offset":0,"sort_by":"created_at","sort_order":"asc"}""");

    static readonly Example Caught = new("""{"a":1}""", AnyText: true);

    static readonly Example LangflowRun = new("""{"input_value":"x","input_type":"chat","output_type":"chat","session_id":"s","tweaks":{}}""", Loose: ["tweaks"]);

    /// <summary>By operation.</summary>
    public static IReadOnlyDictionary<string, Example> Bodies { get; } = new Dictionary<string, Example>(StringComparer.Ordinal)
    {
        ["POST /api/v1/webhook/{flow}"] = Caught,
        ["POST /bin/{name}"] = Caught,
        ["PUT /api/v1/webhook/{flow}"] = Caught,
        ["PATCH /api/v1/webhook/{flow}"] = Caught,
        ["PUT /bin/{name}"] = Caught,
        ["PATCH /bin/{name}"] = Caught,
        ["POST /bin/{name}/{rest}"] = Caught,
        ["PUT /bin/{name}/{rest}"] = Caught,
        ["PATCH /bin/{name}/{rest}"] = Caught,

        ["POST /api/webhooks/agents/{token}"] = new("""{"question":"x"}""", Loose: ["question"], AnyJson: true, AnyType: true),

        ["POST /api/v1/flows"] = new("""{"name":"$unique","description":"d","endpoint_name":"$unique","tags":["t"],"data":{"nodes":[],"edges":[]}}""", Loose: ["tags"]),
        ["DELETE /api/v1/flows"] = new("""["$nobody"]"""),
        ["POST /api/v1/flows/batch"] = new("""{"flows":[{"name":"$unique","data":{"nodes":[],"edges":[]}}]}""", Required: ["flows"]),
        ["POST /api/v1/flows/download"] = new("""["$flow_id"]"""),
        ["PATCH /api/v1/flows/{flow_id}"] = new("""{"name":"$unique","description":"d","tags":["t"]}""", Loose: ["tags"]),
        ["PUT /api/v1/flows/{flow_id}"] = new("""{"name":"$unique","description":"d","data":{"nodes":[],"edges":[]}}""", Required: ["name"]),
        ["PUT /api/v1/monitor/messages/{message_id}"] = new("""{"text":"x","sender":"User","sender_name":"U","edit":true,"error":false,"files":[],"properties":{},"category":"message"}"""),
        ["DELETE /api/v1/monitor/messages"] = new("""["$nobody"]"""),
        ["POST /api/v1/api_key"] = new("""{"name":"$unique"}"""),
        ["POST /api/v1/run/{flow}"] = LangflowRun,
        ["POST /api/v1/run/advanced/{flow}"] = new("""{"inputs":[{"input_value":"x"}],"outputs":[],"session_id":"s","tweaks":{}}""", Loose: ["inputs", "outputs", "session_id", "tweaks"]),
        ["POST /api/v2/workflows"] = new("""{"flow_id":"$flow","mode":"sync","input_value":"x","inputs":{},"tweaks":{},"session_id":"s"}""", Required: ["flow_id"]),
        ["POST /api/v2/workflows/stop"] = new("""{"job_id":"$run"}""", Required: ["job_id"]),

        ["POST /assistants"] = Assistant,
        ["POST /assistants/search"] = AssistantSearch,
        ["POST /assistants/count"] = AssistantSearch with { Body = """{"graph_id":"$flow","metadata":{}}""" },
        ["PATCH /assistants/{assistant}"] = Assistant,
        ["POST /assistants/{assistant}/versions"] = AssistantSearch with { Body = """{"metadata":{},"limit":5,"offset":0}""" },
        ["POST /assistants/{assistant}/latest"] = new("""{"version":1}""", Required: ["version"]),
        ["POST /threads"] = new("""{"thread_id":null,"metadata":{},"if_exists":"raise","supersteps":null}"""),
        ["POST /threads/search"] = ThreadSearch,
        ["POST /threads/count"] = ThreadSearch with { Body = """{"metadata":{},"values":{},"status":"idle"}""" },
        ["POST /threads/prune"] = new("""{"thread_ids":["$nobody"],"strategy":"delete"}""", Required: ["thread_ids"]),
        ["PATCH /threads/{thread}"] = new("""{"metadata":{"a":1}}"""),
        ["POST /threads/{thread}/state"] = new("""{"values":{"note":"x"},"as_node":null}""", Loose: ["values"]),
        ["PATCH /threads/{thread}/state"] = new("""{"metadata":{"a":1}}""", Required: ["metadata"]),
        ["POST /threads/{thread}/state/checkpoint"] = new("""{"checkpoint":{"checkpoint_id":"$checkpoint"}}""", Required: ["checkpoint"]),
        ["POST /threads/{thread}/history"] = new("""{"limit":5,"metadata":{}}"""),
        ["POST /threads/{thread}/runs"] = ThreadRun,
        ["POST /threads/{thread}/runs/wait"] = ThreadRun,
        ["POST /threads/{thread}/runs/stream"] = ThreadRun,
        ["POST /runs"] = GraphRun,
        ["POST /runs/wait"] = GraphRun,
        ["POST /runs/stream"] = GraphRun,
        ["POST /runs/batch"] = new("""[{"assistant_id":"$flow","input":{"a":1}}]"""),
        ["POST /runs/cancel"] = new("""{"thread_id":"$thread","run_ids":["$graph_run"]}""", Required: ["run_ids"]),
        ["POST /runs/crons"] = GraphCron,
        ["POST /threads/{thread}/runs/crons"] = GraphCron,
        ["POST /runs/crons/search"] = GraphCronSearch,
        ["POST /runs/crons/count"] = GraphCronSearch with { Body = """{"assistant_id":"$flow","thread_id":null}""" },
        ["PATCH /runs/crons/{cron}"] = GraphCron with { Body = """{"schedule":"0 0 2 1 *","enabled":false}""", Required = [] },

        ["POST /v1/flows"] = new($$"""{"name":"$unique","description":"d","endpoint_name":"$unique","tags":["t"],"enabled":true,"access":"open","limits":{},"document":{{Document}}}""", Required: ["name"]),
        ["PUT /v1/flows/{id}"] = new($$"""{"name":"$unique","description":"d","tags":["t"],"enabled":true,"access":"open","limits":{},"document":{{Document}}}"""),
        ["POST /v1/flows/{id}/publish"] = new("""{"note":"n"}"""),
        ["POST /v1/flows/{id}/runs"] = new("""{"input":{"a":1},"draft":true,"session_id":"s","webhook":null}""", Loose: ["input"]),
        ["POST /v1/flows/validate"] = new($$"""{"document":{{Document}}}""", Loose: ["document"]),
        ["POST /v1/flows/export"] = new("""{"ids":["$flow_id"]}""", Required: ["ids"]),
        ["POST /v1/flows/import"] = new(
            $$"""{"format":"flowstudio.flow","schema":1,"name":"$unique","description":"d","tags":[],"access":"open","limits":{},"document":{{Document}}}""", Required: ["document"], OneOrMany: true),
        ["POST /v1/flows/{id}/completion-webhook/test"] = new("""{"url":"https://$unique.invalid/"}"""),
        ["POST /v1/runs/{id}/replay"] = new("""{"from":"start","version":"same"}"""),
        ["POST /v1/runs/{id}/answer"] = new("""{"answer":"yes","question_id":"$question","answered_by":"x"}""", Required: ["answer"]),
        ["POST /v1/runs/bulk"] = new("""{"act":"cancel","ids":["$run"]}""", Required: ["act", "ids"]),
        ["PUT /v1/variables/{name}"] = new("""{"value":"x","kind":"generic"}""", Required: ["value"]),
        ["POST /v1/keys"] = new("""{"name":"$unique"}""", Required: ["name"]),
        ["PUT /v1/keys/{id}"] = new("""{"name":"$unique"}""", Required: ["name"]),
        ["POST /v1/schedules"] = new(
            """{"flow":"$flow","name":"$unique","cron":"0 0 1 1 *","time_zone":"UTC","input":{"a":1},"misfire":"once","overlap":"skip","paused":true}""",
            Required: ["flow", "cron"], Loose: ["input"]),
        ["PUT /v1/schedules/{id}"] = new("""{"name":"$unique","cron":"0 0 2 1 *","time_zone":"UTC","paused":true}"""),
        ["POST /v1/components/api-request/curl"] = new("""{"command":"curl https://example.com"}""", Required: ["command"]),
        ["POST /v1/components/llm/test"] = new("""{"settings":{"provider":"demo"}}"""),
    };
}
