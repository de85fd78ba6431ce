using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>Which model a node asks. Langflow has written that in three ways: a component per service, a service and a name, and a list of one model.</summary>
static class ModelPart
{
    /// <summary>The provider that is meant when a file names none: Langflow's own default.</summary>
    const string UsualProvider = "openai";

    static readonly FieldMapping Key = new("api_key", FieldForm.Secret, "api_key", "openai_api_key", "anthropic_api_key", "groq_api_key", "mistral_api_key", "google_api_key", "nvidia_api_key", "cohere_api_key",
        "huggingfacehub_api_token", "sambanova_api_key", "novita_api_key", "aiml_api_key");

    static readonly FieldMapping BaseUrl = new("base_url", FieldForm.Text, "openai_api_base", "openai_base_url", "base_url", "anthropic_api_url", "anthropic_base_url", "mistral_api_base", "api_base",
        "aiml_api_base");

    static readonly FieldMapping OllamaUrl = new("base_url", FieldForm.Text, "ollama_base_url", "base_url");

    static readonly FieldMapping[] Plain =
    [
        new("temperature", FieldForm.Number) { Min = 0, Max = 2 },
        new("max_tokens", FieldForm.Integer) { Min = 0, Max = 10_000_000 },
        new("seed", FieldForm.Integer) { Min = int.MinValue, Max = int.MaxValue },
    ];

    /// <summary>The settings, and what is to be said of them: a service that is not known here, or a model that was not chosen.</summary>
    public static (OrderedDictionary<string, JsonElement> Settings, (string Message, string Advice)? Remark) Read(LangflowNode node)
    {
        var settings = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        var (name, model) = Chosen(node);
        var service = name is null ? null : ModelNames.Find(name);
        settings["provider"] = JsonText.Element(service?.Provider ?? UsualProvider);
        if (!string.IsNullOrEmpty(model))
            settings["model_name"] = JsonText.Element(model);
        var hasKey = Take(Key, node, settings);
        // A service at a place of its own gets no key unless one is named.
        if (!hasKey && service is { KeyVariable: { } usual } && (service.BaseUrl is not null || service.Name == "Azure OpenAI"))
            settings["api_key"] = JsonText.Element(usual);
        var hasUrl = Take(service?.Provider == "ollama" ? OllamaUrl : BaseUrl, node, settings);
        // Some name the server alone, and their own libraries know the path.
        if (service?.BaseUrl is { } url && (!hasUrl || SameHost(Text(settings, "base_url"), url)))
            settings["base_url"] = JsonText.Element(url);
        if (LangflowNode.Text(node.Field("azure_endpoint"), "value") is { Length: > 0 } azure)
            settings["base_url"] = JsonText.Element(azure.TrimEnd('/') + "/openai/v1");
        foreach (var field in Plain)
            Take(field, node, settings);
        (string, string)? remark = null;
        if (name is not null && service is null)
            remark = ($"asks a model of {name}, which FlowStudio does not know; OpenAI's protocol is assumed.", "Give the service's address as Base URL, and its key, or choose another provider.");
        else if (name is null && string.IsNullOrEmpty(model) && !ModelIsConnected(node))
            remark = ("has no model chosen in the file; OpenAI's is assumed.", "Choose provider and model in its settings.");
        return (settings, remark);
    }

    /// <summary>Writes what was changed here. The demo model is this program's own: where it was chosen the file keeps its model.</summary>
    public static void Write(JsonObject template, LangflowNode original, IReadOnlyDictionary<string, JsonElement> settings)
    {
        var (before, _) = Read(original);
        foreach (var field in (FieldMapping[])[Key, .. Plain])
            Put(field, template, before, settings);
        if (Text(settings, "provider") is "demo" or null || (Text(settings, "provider") == Text(before, "provider") && Text(settings, "model_name") == Text(before, "model_name")
            && Text(settings, "base_url") == Text(before, "base_url")))
            return;
        var provider = Text(settings, "provider");
        Put(provider == "ollama" ? OllamaUrl : BaseUrl, template, before, settings);
        var name = provider switch { "anthropic" => "Anthropic", "ollama" => "Ollama", _ => Chosen(original).Service is { } same && ModelNames.Find(same)?.Provider == provider ? same : "OpenAI" };
        var model = Text(settings, "model_name") ?? "";
        if (template["model"] is JsonObject list)
            list["value"] = new JsonArray(new JsonObject { ["name"] = model, ["provider"] = name });
        if (template["model_name"] is JsonObject text)
            text["value"] = model;
        if ((template["provider"] ?? template["agent_llm"]) is JsonObject service)
            service["value"] = name;
    }

    static bool SameHost(string? given, string usual) =>
        Uri.TryCreate(given, UriKind.Absolute, out var a) && Uri.TryCreate(usual, UriKind.Absolute, out var b) && a.Host == b.Host && a.Port == b.Port;

    static bool Take(FieldMapping field, LangflowNode node, OrderedDictionary<string, JsonElement> settings)
    {
        // The first that says something: newer components have a field for each service's address.
        var names = field.Theirs.Length > 0 ? field.Theirs : [field.Ours];
        foreach (var name in names)
        {
            if (node.Field(name).ValueKind is JsonValueKind.Object && field.Read(node.Field(name)) is { } value && JsonText.Of(value).Length > 0)
            {
                settings[field.Ours] = value;
                return true;
            }
        }
        return false;
    }

    static void Put(FieldMapping field, JsonObject template, IReadOnlyDictionary<string, JsonElement> before, IReadOnlyDictionary<string, JsonElement> now)
    {
        if (!now.TryGetValue(field.Ours, out var value) || (before.TryGetValue(field.Ours, out var old) && JsonElement.DeepEquals(old, value)))
            return;
        if (field.NameIn(name => template[name] is JsonObject) is { } theirs && template[theirs] is JsonObject target)
            field.Write(target, value);
    }

    /// <summary>The service as the file names it, and the model's name; null where it says nothing.</summary>
    static (string? Service, string? Model) Chosen(LangflowNode node)
    {
        if (node.Value("model") is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first)
            return (LangflowNode.Text(first, "provider"), LangflowNode.Text(first, "name"));
        var model = LangflowNode.Text(node.Field("azure_deployment"), "value") is { Length: > 0 } deployment ? deployment : LangflowNode.Text(node.Field("model_name"), "value") ?? LangflowNode.Text(node.Field("model"), "value") ?? LangflowNode.Text(node.Field("model_id"), "value");
        if (ModelNames.ByComponent.GetValueOrDefault(node.Type) is { } service)
            return (service, model);
        var named = LangflowNode.Text(node.Field("provider"), "value") ?? LangflowNode.Text(node.Field("agent_llm"), "value");
        return (named is "" or "Custom" or "connect_other_models" ? null : named, model);
    }

    static bool ModelIsConnected(LangflowNode node) => LangflowNode.Text(node.Field("agent_llm"), "value") is "Custom" or "connect_other_models";

    static string? Text(IReadOnlyDictionary<string, JsonElement> settings, string name) =>
        settings.TryGetValue(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
