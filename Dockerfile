# The site and its worker. Versions are those that the tests ran with.
FROM python:3.11-slim
RUN useradd --create-home stagelift
WORKDIR /app
COPY pyproject.toml constraints.txt README.md ./
COPY analysis analysis
COPY assignment assignment
COPY experiments experiments
COPY web web
COPY docs docs
RUN pip install --no-cache-dir --constraint constraints.txt .
USER stagelift
WORKDIR /home/stagelift
# One BLAS thread: two made the re-draws up to ten times slower.
ENV OPENBLAS_NUM_THREADS=1 STAGELIFT_LOG=json
EXPOSE 8000
CMD ["stagelift", "serve", "--host", "0.0.0.0"]
