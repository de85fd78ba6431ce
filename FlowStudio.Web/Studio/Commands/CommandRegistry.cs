namespace FlowStudio.Web.Studio.Commands;

/// <summary>
/// What can be done where the reader is: the shell's own commands, and those of the page that is shown (<see cref="PageCommands"/>). One per circuit, used on
/// its renderer's thread only.
/// </summary>
public sealed class CommandRegistry
{
    readonly List<Registration> registrations = [];

    /// <summary>All commands, those that were registered last first: what belongs to the page goes before what is always there.</summary>
    public IReadOnlyList<Command> All => [.. Enumerable.Reverse(registrations).SelectMany(r => r.Commands()).DistinctBy(c => c.Id, StringComparer.Ordinal)];

    /// <summary>Adds commands until the answer is disposed.</summary>
    /// <param name="commands">Asked each time the palette is opened, so that it may depend on what can be done just then.</param>
    public IDisposable Register(Func<IEnumerable<Command>> commands)
    {
        var registration = new Registration(this, commands);
        registrations.Add(registration);
        return registration;
    }

    sealed class Registration(CommandRegistry owner, Func<IEnumerable<Command>> commands) : IDisposable
    {
        public Func<IEnumerable<Command>> Commands => commands;

        public void Dispose() => owner.registrations.Remove(this);
    }
}
