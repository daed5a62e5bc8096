# The page with CPU wheels, as a user without rights, on a file system that may be read-only:
#   docker build --build-arg TORCH_INDEX=ADDRESS -t rnnformer-demo .
#   docker run --read-only --tmpfs /tmp -p 7860:7860 rnnformer-demo
FROM python:3.11-slim

# A font in which the figures write Chinese.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-wqy-microhei && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# All packages at the versions of the lock file. ADDRESS is PyTorch's own index of CPU wheels, as its installation page
# names it; without it torch brings CUDA along, gigabytes that nothing here uses.
ARG TORCH_INDEX
COPY requirements.txt rnnformer_demo/api/server/requirements.lock ./
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt -c requirements.lock
COPY app.py ./
COPY rnnformer_demo rnnformer_demo
COPY checkpoints checkpoints
RUN python -m compileall -q rnnformer_demo && useradd --uid 1000 --no-create-home visitor
USER visitor
ENV HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib GRADIO_TEMP_DIR=/tmp/gradio PYTHONDONTWRITEBYTECODE=1 \
    RNNFORMER_HOST=0.0.0.0 RNNFORMER_PORT=7860
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/healthz')"]
STOPSIGNAL SIGTERM
CMD ["python", "app.py"]
