using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Problems of templates in settings, for validation.</summary>
static class TemplateChecks
{
    /// <summary>Each error of the template that a field holds, with its position.</summary>
    public static IEnumerable<FlowProblem> Problems(Node node, TextField field) =>
        TextTemplate.Parse(NodeSettings.Text(node, field)).Errors.Select(error => NodeSettings.Invalid(node, field.Name,
            $"{node.Label}: the setting {field.Title} is wrong at line {error.Line}, column {error.Column}: {error.Message}", error.Advice));
}
