using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api.Native;

/// <summary>Reads addresses that are told of runs.</summary>
sealed class CallbackFields(CompletionWebhooks webhooks)
{
    /// <summary>The address that a member gives; what is wrong with it is added to the body's problems.</summary>
    /// <param name="stored">What is there now: it stays when the member is left out, and hidden parts of what the API showed are taken from it.</param>
    public string? Read(BodyFields fields, string name, string? stored)
    {
        if (!fields.Has(name))
            return stored;
        var given = fields.Text(name, CallbackUrl.MaxLength)?.Trim();
        if (string.IsNullOrEmpty(given))
            return null;
        if (CallbackUrl.Restore(given, stored) is not { } url)
        {
            fields.Add($"'{name}' has {CallbackUrl.Hidden} where a value belongs that is not known for this server. Write the value.");
            return stored;
        }
        if (webhooks.Refuse(url) is { } refusal)
            fields.Add($"'{name}': {refusal}");
        return url;
    }
}
