using FlowStudio.Engine.Execution;

namespace FlowStudio.Web.Api.Native;

/// <summary>A run that was not taken, as an error.</summary>
static class Refusals
{
    public static ApiException Of(IntakeResult result) => new(
        result.Outcome switch
        {
            IntakeOutcome.KeyReused => StatusCodes.Status422UnprocessableEntity,
            IntakeOutcome.QueueFull => StatusCodes.Status429TooManyRequests,
            IntakeOutcome.FlowDisabled or IntakeOutcome.FlowInvalid or IntakeOutcome.CannotReplay => StatusCodes.Status409Conflict,
            IntakeOutcome.NoSuchRun => StatusCodes.Status404NotFound,
            _ => StatusCodes.Status503ServiceUnavailable,
        },
        result.Code.Length > 0 ? result.Code : FlowWords.Snake(result.Outcome.ToString()),
        result.Message.Length > 0 ? result.Message : "The run was not taken.")
    {
        RetryAfter = result.Outcome is IntakeOutcome.QueueFull or IntakeOutcome.Paused or IntakeOutcome.StorageUnavailable
            ? result.RetryAfter ?? TimeSpan.FromSeconds(5)
            : null,
        Problems = result.Outcome is IntakeOutcome.FlowInvalid ? result.Problems : null,
    };
}
