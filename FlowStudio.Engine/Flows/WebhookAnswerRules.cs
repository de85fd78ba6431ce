namespace FlowStudio.Engine.Flows;

/// <summary>Whether what answers a webhook's callers fits together: those who wait for a Respond have one, and a Respond has somebody who waits for it.</summary>
static class WebhookAnswerRules
{
    public static IEnumerable<FlowProblem> Problems(FlowDocument document)
    {
        var webhooks = document.Nodes.Where(static n => n is { Type: WebhookDoor.Component, Disabled: false }).ToList();
        var responds = document.Nodes.Where(static n => n is { Type: WebhookDoor.Responder, Disabled: false }).ToList();
        if (webhooks.Count == 0 && responds.Count == 0)
            yield break;
        var listening = webhooks.FindAll(static n => WebhookDoor.AnswerOf(n) is AnswerTime.ByRespond);
        if (responds.Count == 0)
        {
            foreach (var node in listening)
            {
                yield return new("respond_missing", ProblemSeverity.Warning, node.Id, WebhookDoor.AnswerField,
                    $"{node.Label}: callers wait for what Respond says, but the flow has no Respond. They hear of the run's end only, as a receipt.",
                    $"Add a Respond, or set Answer to '{WebhookDoor.AtEnd}' or '{WebhookDoor.AtOnce}'.");
            }
        }
        else if (listening.Count == 0)
        {
            foreach (var node in responds)
            {
                yield return new("respond_not_awaited", ProblemSeverity.Warning, node.Id, Field: null, NotAwaited(node, webhooks),
                    webhooks.Count == 0 ? $"Add a Webhook whose Answer is '{WebhookDoor.ByRespond}', or remove the node."
                        : $"Set Answer of {webhooks[0].Label} to '{WebhookDoor.ByRespond}', or remove the node.");
            }
        }
        foreach (var method in WebhookDoor.Methods)
        {
            var takers = webhooks.FindAll(n => WebhookDoor.MethodsOf(n).Contains(method, StringComparer.Ordinal));
            if (takers.Select(WebhookDoor.AnswerOf).Distinct().Count() < 2)
                continue;
            yield return new("webhook_answers_differ", ProblemSeverity.Warning, takers[1].Id, WebhookDoor.AnswerField,
                $"{takers[0].Label} and {takers[1].Label} both take {method}, and answer it differently. A call has one answer: that of the first which does not answer at once.",
                "Give both the same Answer, or let each take other methods.");
            yield break;
        }
    }

    static string NotAwaited(Node node, List<Node> webhooks)
    {
        if (webhooks.Count == 0)
            return $"{node.Label}: nobody waits for this answer, because the flow has no Webhook. It is only shown in the run.";
        var when = WebhookDoor.AnswerOf(webhooks[0]) is AnswerTime.AtEnd ? WebhookDoor.AtEnd : WebhookDoor.AtOnce;
        return $"{node.Label}: nobody waits for this answer, because {webhooks[0].Label} answers {when}. It is only shown in the run.";
    }
}
