# Certificates, tokens and the kubeconfig of a control plane, in the current folder. Sourced; `lab` is this folder.

certificates() {
  local key=(-nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -config "$lab/controlplane/openssl.cnf")
  {
    openssl req "${key[@]}" -x509 -days 365 -extensions ca -keyout ca.key -out ca.crt
    openssl req "${key[@]}" -subj /CN=kube-apiserver -keyout server.key -out server.csr
    openssl x509 -req -days 365 -in server.csr -CA ca.crt -CAkey ca.key -set_serial 1 \
      -extfile "$lab/controlplane/openssl.cnf" -extensions server -out server.crt
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out accounts.key
    openssl pkey -in accounts.key -pubout -out accounts.pub
  } >openssl.log 2>&1 || fail "openssl made no certificates:" "$(cat openssl.log)"
}

# access PORT: the administrator's token and kubeconfig.
access() {
  local token
  token=$(openssl rand -hex 16)
  echo "$token,admin,admin,system:masters" > tokens.csv
  cat > kubeconfig <<YAML
apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "https://127.0.0.1:$1", certificate-authority-data: "$(base64 < ca.crt | tr -d '\n')"}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: lab, context: {cluster: lab, user: admin}}]
current-context: lab
YAML
}
