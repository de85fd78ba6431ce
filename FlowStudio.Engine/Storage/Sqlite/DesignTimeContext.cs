using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>For <c>dotnet ef migrations add</c>; no database is opened.</summary>
sealed class DesignTimeContext : IDesignTimeDbContextFactory<StudioDbContext>
{
    public StudioDbContext CreateDbContext(string[] args)
    {
        SqliteBridge.Initialize();
        return new(new DbContextOptionsBuilder<StudioDbContext>().UseSqlite("Data Source=:memory:").Options);
    }
}
