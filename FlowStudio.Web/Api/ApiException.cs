using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api;

/// <summary>A request that cannot be answered as asked: becomes an error in the shape of the dialect that was spoken.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="code">Stable, for programs.</param>
/// <param name="detail">What was wrong and what to do, for people.</param>
sealed class ApiException(int status, string code, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public TimeSpan? RetryAfter { get; init; }

    public IReadOnlyList<FlowProblem>? Problems { get; init; }

    public TextPlace? Place { get; init; }

    /// <summary>Writes further members of the error, where its shape allows some.</summary>
    public Action<Utf8JsonWriter>? More { get; init; }

    public static ApiException BadRequest(string code, string detail) => new(StatusCodes.Status400BadRequest, code, detail);

    public static ApiException NotFound(string code, string detail) => new(StatusCodes.Status404NotFound, code, detail);

    public static ApiException Conflict(string code, string detail) => new(StatusCodes.Status409Conflict, code, detail);
}

/// <summary>Where in a text something is wrong.</summary>
/// <param name="Member">The member or parameter that has the text.</param>
/// <param name="Field">The part of the text, by name; null for the whole.</param>
/// <param name="FieldNumber">The part, counted from 1; 0 for the whole.</param>
/// <param name="Position">The first wrong character, counted from 1; 0 for the whole.</param>
sealed record TextPlace(string Member, string? Field, int FieldNumber, int Position);
