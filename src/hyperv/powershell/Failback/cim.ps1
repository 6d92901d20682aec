# What failback asks of a host's CIM, and how it is answered. Loaded by the script of a worker's session and by the module of an endpoint; each has an
# Invoke-FailbackOperation of its own. For Windows PowerShell 5.1 and PowerShell 7, so it keeps to what 5.1 understands.
#
# A request is JSON (UTF-8, in base64). Text of a request begins with "=", without which ConvertFrom-Json would turn what looks like a date into one,
# and escapes all characters beyond ASCII. Values are data: they become arguments, never text of a script or of a query.

. (Join-Path -Path $PSScriptRoot -ChildPath 'answers.ps1')

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
$DebugPreference = 'SilentlyContinue'
$InformationPreference = 'SilentlyContinue'
$ConfirmPreference = 'None'

# Raised with every change of what a worker and an endpoint say to each other.
$FailbackVersion = 1

$Failback = @{
    Clock    = [Diagnostics.Stopwatch]::StartNew()
    # Null: this machine's own CIM.
    Session  = $null
    Services = @{}
    # Whether the request that is worked on may have had an effect.
    Sent     = $false
}

function Read-FailbackRequest {
    param([string] $Encoded)
    ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Encoded)))
}

# "value":... or "failure":..., the one member of a JSON object that an answer is.
function Get-FailbackAnswer {
    param($Request)
    $Failback.Sent = $false
    $answer = New-Object -TypeName Text.StringBuilder
    try {
        [void] $answer.Append('"value":')
        Invoke-FailbackOperation $Request $answer
    } catch {
        [void] $answer.Clear().Append('"failure":')
        Add-FailbackFailure $answer $_
    }
    $answer.ToString()
}

function Get-FailbackClock {
    $Failback.Clock.Elapsed.TotalMilliseconds.ToString('R', $FailbackCulture)
}

function Invoke-FailbackCim {
    param($Request, $Answer)
    switch ($Request.operation) {
        'query' { Get-FailbackInstance $Request $Answer }
        'get' { Get-FailbackObject $Request $Answer }
        'invoke' { Invoke-FailbackMethod $Request $Answer }
        default { throw 'This operation is not known.' }
    }
}

# What every CIM cmdlet is given.
function Get-FailbackScope {
    param($Request)
    $scope = @{ OperationTimeoutSec = Get-FailbackTimeout $Request }
    if ($null -ne $Failback.Session) { $scope.CimSession = $Failback.Session }
    $scope
}

function Get-FailbackInstance {
    param($Request, $Answer)
    $with = Get-FailbackScope $Request
    $with.Namespace = Get-FailbackText $Request.namespace
    $with.Query = Get-FailbackText $Request.query
    $separator = '['
    foreach ($instance in @(Get-CimInstance @with)) {
        [void] $Answer.Append($separator)
        Add-FailbackInstance $Answer $instance $Request.properties
        $separator = ','
    }
    if ($separator -eq '[') { [void] $Answer.Append('[') }
    [void] $Answer.Append(']')
}

function Get-FailbackObject {
    param($Request, $Answer)
    Add-FailbackInstance $Answer (Read-FailbackObject $Request $Request.target) @()
}

# The object is asked for first: then the connection is open, and what fails before the method was called has changed nothing.
function Invoke-FailbackMethod {
    param($Request, $Answer)
    $path = ConvertTo-Json -InputObject $Request.target -Depth 4 -Compress
    # Without keys it is a class, and the method static.
    $isStatic = @($Request.target.keys).Count -eq 0
    $target = $null
    if ($null -eq $Request.sendBy) { $target = $Failback.Services[$path] }
    if ($null -eq $target -and -not $isStatic) { $target = Read-FailbackObject $Request $Request.target }
    $declared = $null
    if ($null -ne $target.CimClass) { $declared = $target.CimClass.CimClassMethods[$Request.method] }
    $arguments = New-Object -TypeName Collections.Specialized.OrderedDictionary -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
    foreach ($parameter in $Request.parameters) {
        $value = ConvertFrom-FailbackParameter $parameter
        # Where the class is not known to declare the method, only what [ref] makes tells a reference from an instance; [ref] itself is a variable.
        if ($parameter.type -eq 'reference' -and $null -eq $declared) {
            $value = New-Object -TypeName Management.Automation.PSReference -ArgumentList $value
        }
        $arguments.Add($parameter.name, $value)
    }
    $with = Get-FailbackScope $Request
    $with.MethodName = $Request.method
    $with.Arguments = $arguments
    if ($isStatic) {
        $with.Namespace = Get-FailbackText $Request.target.namespace
        $with.ClassName = $Request.target.className
    } else {
        $with.InputObject = $target
    }
    $Failback.Services.Remove($path)
    if ($null -ne $Request.sendBy) {
        Assert-FailbackInTime $Request
        $Failback.Sent = $true
    }
    $result = Invoke-CimMethod @with
    # Only services are kept, for requests without an effect: any other object may be gone by the next one.
    if ($null -eq $Request.sendBy -and $Request.target.className -like '*Service') { $Failback.Services[$path] = $target }
    Add-FailbackOutput $Answer $result
}

function Read-FailbackObject {
    param($Request, $Reference)
    $with = Get-FailbackScope $Request
    Get-CimInstance @with -InputObject (New-FailbackReference $Reference)
}

function New-FailbackReference {
    param($Reference)
    $keys = New-Object -TypeName Collections.Specialized.OrderedDictionary -ArgumentList ([StringComparer]::OrdinalIgnoreCase)
    foreach ($key in $Reference.keys) { $keys.Add($key.name, (Get-FailbackText $key.value)) }
    New-CimInstance -ClientOnly -Namespace (Get-FailbackText $Reference.namespace) -ClassName $Reference.className -Property $keys -Key ([string[]] @($keys.Keys))
}

function ConvertFrom-FailbackParameter {
    param($Parameter)
    switch ($Parameter.type) {
        'reference' { New-FailbackReference $Parameter.value }
        'boolean' { (Get-FailbackText $Parameter.value) -eq 'true' }
        'uint32' { [uint32]::Parse((Get-FailbackText $Parameter.value), $FailbackCulture) }
        'uint16' { [uint16]::Parse((Get-FailbackText $Parameter.value), $FailbackCulture) }
        'datetime' { [datetime]::Parse((Get-FailbackText $Parameter.value), $FailbackCulture, [Globalization.DateTimeStyles]::RoundtripKind) }
        default { Get-FailbackText $Parameter.value }
    }
}

function Get-FailbackText {
    param($Marked)
    [regex]::Unescape($Marked.Substring(1))
}

function Assert-FailbackInTime {
    param($Request)
    if ($Failback.Clock.Elapsed.TotalMilliseconds -gt $Request.sendBy) { throw 'failback.late' }
}

# Seconds that are left, at least one.
function Get-FailbackTimeout {
    param($Request)
    [uint32] [Math]::Max(1, [Math]::Ceiling(($Request.deadline - $Failback.Clock.Elapsed.TotalMilliseconds) / 1000))
}
