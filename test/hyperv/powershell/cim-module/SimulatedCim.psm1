# The CIM cmdlets as far as failback uses them, for machines that have none: same parameters, same shapes, forwarded to a host by
# WS-Management with Basic authentication. Written for tests, from the documentation of the cmdlets.

Add-Type -AssemblyName System.Net.Http
Import-Module -Name (Join-Path $PSScriptRoot 'CimShapes.psm1')
$Own = @{ Session = $null }

function New-CimSessionOption {
    [CmdletBinding()]
    param([string] $Protocol = 'Wsman', [switch] $UseSsl)
    [pscustomobject]@{ Protocol = $Protocol; UseSsl = [bool] $UseSsl }
}

function New-CimSession {
    [CmdletBinding()]
    param(
        [string] $ComputerName,
        [uint32] $Port,
        [string] $Authentication,
        [Management.Automation.PSCredential] $Credential,
        $SessionOption,
        [uint32] $OperationTimeoutSec
    )
    if ($SessionOption.Protocol -ne 'Wsman') { throw 'Only WS-Management is simulated.' }
    $scheme = if ($SessionOption.UseSsl) { 'https' } else { 'http' }
    $client = New-Object -TypeName Net.Http.HttpClient
    # .NET Framework asks a second time when a connection that it kept turns out to be closed, whatever it asked.
    $client.DefaultRequestHeaders.ConnectionClose = $PSVersionTable.PSVersion.Major -lt 6
    if ($null -ne $Credential) {
        $plain = $Credential.UserName + ':' + $Credential.GetNetworkCredential().Password
        $token = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($plain))
        $client.DefaultRequestHeaders.Authorization = New-Object -TypeName Net.Http.Headers.AuthenticationHeaderValue -ArgumentList 'Basic', $token
    }
    $session = [pscustomobject]@{ ComputerName = $ComputerName; Url = "${scheme}://${ComputerName}:$Port/wsman"; Client = $client }
    $identify = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>'
    try { [void] (Send-CimMessage $session $identify $OperationTimeoutSec) } catch { $PSCmdlet.ThrowTerminatingError($_) }
    $session
}

function Remove-CimSession {
    [CmdletBinding()]
    param($CimSession)
    $CimSession.Client.Dispose()
}

# Of a machine's own CIM, where no session is named: the environment says which simulated host it is.
function Get-OwnSession {
    if ($null -eq $Own.Session) {
        $address = [uri] $env:SIMULATED_HOST
        $password = ConvertTo-SecureString -String $env:SIMULATED_PASSWORD -AsPlainText -Force
        $with = @{ ComputerName = $address.Host; Port = $address.Port; Credential = [pscredential]::new($env:SIMULATED_USER, $password); OperationTimeoutSec = 30 }
        $with.SessionOption = if ($address.Scheme -eq 'https') { New-CimSessionOption -UseSsl } else { New-CimSessionOption }
        $Own.Session = New-CimSession @with
    }
    $Own.Session
}

function Get-CimInstance {
    [CmdletBinding()]
    param($CimSession, [string] $Namespace, [string] $Query, $InputObject, [uint32] $OperationTimeoutSec)
    try {
        if ($null -eq $CimSession) { $CimSession = Get-OwnSession }
        if ($null -ne $InputObject) { Get-OneInstance $CimSession $InputObject $OperationTimeoutSec }
        else { Get-QueriedInstance $CimSession $Namespace $Query $OperationTimeoutSec }
    } catch { $PSCmdlet.ThrowTerminatingError($_) }
}

function New-CimInstance {
    [CmdletBinding()]
    param([switch] $ClientOnly, [string] $Namespace, [string] $ClassName, [Collections.IDictionary] $Property, [string[]] $Key)
    if (-not $ClientOnly) { throw 'Only client-side instances are simulated.' }
    $properties = foreach ($name in $Property.Keys) {
        [pscustomobject]@{ Name = $name; Value = $Property[$name]; CimType = 'String'; Flags = $(if ($Key -contains $name) { 'Property, Key' } else { 'Property' }) }
    }
    New-InstanceShape $ClassName $Namespace @($properties)
}

function Invoke-CimMethod {
    [CmdletBinding(SupportsShouldProcess)]
    param($CimSession, $InputObject, [string] $Namespace, [string] $ClassName, [string] $MethodName, [Collections.IDictionary] $Arguments, [uint32] $OperationTimeoutSec)
    try {
        if ($null -eq $CimSession) { $CimSession = Get-OwnSession }
        $uri = "http://schemas.microsoft.com/wbem/wsman/1/wmi/$Namespace/$ClassName"
        $selectors = ''
        $declared = $null
        if ($null -ne $InputObject) {
            $uri = Get-ResourceUri $InputObject
            $selectors = Get-SelectorXml $InputObject
            $declared = $InputObject.CimClass.CimClassMethods[$MethodName]
        }
        $children = foreach ($name in $Arguments.Keys) {
            "<r:$name>$(ConvertTo-ArgumentXml $Arguments[$name] ($null -ne $declared))</r:$name>"
        }
        $body = "<r:${MethodName}_INPUT xmlns:r=`"$uri`">$(-join $children)</r:${MethodName}_INPUT>"
        $answer = Send-CimMessage $CimSession (New-CimMessage $CimSession "$uri/$MethodName" $uri $selectors $body) $OperationTimeoutSec
    } catch { $PSCmdlet.ThrowTerminatingError($_) }
    $result = New-Object -TypeName PSObject
    foreach ($property in (Read-PropertyList $answer.FirstChild)) { Add-Member -InputObject $result -NotePropertyName $property.Name -NotePropertyValue $property.Value }
    Add-Member -InputObject $result -NotePropertyName PSComputerName -NotePropertyValue $CimSession.ComputerName
    $result
}

function Get-OneInstance {
    param($Session, $Reference, $Timeout)
    $uri = Get-ResourceUri $Reference
    $message = New-CimMessage $Session 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get' $uri (Get-SelectorXml $Reference) ''
    $answer = Send-CimMessage $Session $message $Timeout
    $keys = @($Reference.CimInstanceProperties | ForEach-Object { $_.Name })
    New-InstanceShape $answer.FirstChild.LocalName $Reference.CimSystemProperties.Namespace @(Read-PropertyList $answer.FirstChild $keys)
}

function Get-QueriedInstance {
    param($Session, $Namespace, $Query, $Timeout)
    $uri = "http://schemas.microsoft.com/wbem/wsman/1/wmi/$Namespace/*"
    $filter = '<w:Filter Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL">' + [Security.SecurityElement]::Escape($Query) + '</w:Filter>'
    $body = "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>1000</w:MaxElements>$filter</n:Enumerate>"
    $action = 'Enumerate'
    $class = if ($Query -match '(?:FROM|ResultClass =) (\w+)') { $Matches[1] } else { '' }
    do {
        $message = New-CimMessage $Session "http://schemas.xmlsoap.org/ws/2004/09/enumeration/$action" $uri '' $body
        $response = (Send-CimMessage $Session $message $Timeout).FirstChild
        $context = ''
        $ended = $false
        foreach ($part in $response.ChildNodes) {
            switch ($part.LocalName) {
                'EnumerationContext' { $context = $part.InnerText }
                'EndOfSequence' { $ended = $true }
                'Items' { foreach ($item in $part.ChildNodes) { New-InstanceShape $class $Namespace @(Read-PropertyList $item) } }
            }
        }
        $action = 'Pull'
        $body = "<n:Pull><n:EnumerationContext>$context</n:EnumerationContext><n:MaxElements>1000</n:MaxElements></n:Pull>"
    } until ($ended)
}

Export-ModuleMember -Function New-CimSessionOption, New-CimSession, Remove-CimSession, Get-CimInstance, New-CimInstance, Invoke-CimMethod
