# Where AWS_LAMBDA_EXEC_WRAPPER is set: starts that program, with the runtime's own command as its
# arguments, and says what AWS's images say where there is no such program ("Modifying the runtime
# environment", Lambda Developer Guide). Put at /var/runtime/bootstrap, and run by sh with the command.
wrapper=$AWS_LAMBDA_EXEC_WRAPPER
if [ ! -f "$wrapper" ]; then
    echo "$wrapper: does not exist"
    exit 127
fi
if [ ! -x "$wrapper" ]; then
    echo "$wrapper: is not an executable"
    exit 126
fi
exec "$wrapper" "$@"
